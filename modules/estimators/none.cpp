#include "framework/attention/estimator.h"

namespace fovea {
namespace {

class None final : public Estimator, public WeightPath {
 public:
  Traits traits() const override { return {.needs_derivative = true}; }

  void through_choice(const SelectorParts& selector, ConstRow scores, const Choice& choice, const Draw& /*draw*/,
                      ConstRow grad_weights, Row grad_scores) const override {
    selector.derivative->backward(scores, choice, grad_weights, grad_scores);
  }
};

FOVEA_ESTIMATOR("none", None, R"doc(None: the derivative of the selector itself, nothing else.

Approximates  nothing: d cost / d scores where the choice is a differentiable function of the scores.
With          (d weights / d scores)^T g, g the gradient with respect to the weights.
Requires      a selector with a derivative that is not 0 everywhere.
Bias          none.
Cost          that of the selector's backward.)doc");

}  // namespace
}  // namespace fovea
