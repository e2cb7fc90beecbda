#include "framework/attention/estimator.h"

namespace fovea {
namespace {

class Simple final : public Estimator, public WeightPath {
 public:
  Traits traits() const override { return {.is_biased = true, .needs_enumeration = true}; }
  Reads reads() const override { return Reads::kAll; }

  void through_choice(const SelectorParts& selector, ConstRow scores, const Choice& choice, const Draw& /*draw*/,
                      ConstRow grad_weights, Row grad_scores) const override {
    selector.enumerable->mean_weights_backward(scores, choice, grad_weights, grad_scores);
  }
};

FOVEA_ESTIMATOR("simple", Simple, R"doc(SIMPLE: the sampled choice in forward, the mean of its weights in backward.

Approximates  d E[cost] / d scores, the expectation over the sampled choice.
With          (d E[w] / d scores)^T g, E[w] the mean weights of all choices, whose derivative is exact, g the gradient with
              respect to the weight of every candidate at the hard choice. With k_subset E[w_i] = p(i in S) / k, with
              sample p_i.
Requires      a selector whose choices can be enumerated, however many, since none is; values at the site.
Bias          biased, unless the cost is linear in the weights; adds no variance.
Cost          O(N k) time a row for k kept items, and a product of the read's gradient with every candidate's value.
Source        Ahmed, Zeng, Niepert & Van den Broeck 2023, arXiv:2210.01941.)doc");

}  // namespace
}  // namespace fovea
