// The estimator `identity`: the gradient passes the choice as if it were not there.

#include "framework/attention/estimator.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

class Identity final : public Estimator, public WeightPath {
 public:
  Traits traits() const override { return {.is_biased = true}; }
  Reads reads() const override { return Reads::kAll; }  // every candidate gets the gradient of its weight

  void through_choice(const SelectorParts& /*selector*/, ConstRow /*scores*/, const Choice& /*choice*/, const Draw& /*draw*/,
                      ConstRow grad_weights, Row grad_scores) const override {
    cpu::add(grad_weights, grad_scores);
  }
};

FOVEA_ESTIMATOR("identity", Identity, R"doc(Identity: in backward, weights are taken for scores.

Approximates  d E[cost] / d scores, the expectation over the choice.
With          g, the gradient with respect to the weight of every candidate, taken at the choice that was made.
Requires      any selector; values at the site, since the weight of an item that was not chosen matters too.
Bias          biased.
Cost          O(N) time a row, and a product of the read's gradient with every candidate's value: dense work in backward.
Source        Bengio, Leonard & Courville 2013, arXiv:1308.3432, section 4.)doc");

}  // namespace
}  // namespace fovea
