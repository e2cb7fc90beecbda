#include <algorithm>

#include "modules/estimators/conditional_gumbel.h"

namespace fovea {
namespace {

class GumbelStraightThrough final : public Estimator, public WeightPath {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "of the softmax over the noisy scores, > 0", {.low = 1e-6});
  }
  Traits traits() const override { return {.is_biased = true, .needs_enumeration = true, .needs_one_item = true}; }
  Reads reads() const override { return Reads::kAll; }

  void through_choice(const SelectorParts& selector, ConstRow scores, const Choice& choice, const Draw& draw,
                      ConstRow grad_weights, Row grad_scores) const override {
    const std::size_t n = scores.size();
    const Row keys = choice.scratch.first(n);
    const Row grad = choice.scratch.subspan(2 * n, n);
    std::fill(grad.begin(), grad.end(), Real(0));
    Rng noise = gumbel::apart(draw.rng);
    selector.enumerable->log_probs(scores, keys);
    gumbel::condition_on(static_cast<std::size_t>(choice.kept[0]), noise, keys);
    gumbel::pull_softmax(keys, temperature_, grad_weights, choice.scratch.subspan(n, n), grad);
    selector.enumerable->log_probs_backward(scores, grad, grad_scores);
  }

 private:
  double temperature_ = 1;
};

FOVEA_ESTIMATOR("gumbel_straight_through", GumbelStraightThrough,
                R"doc(Straight-through Gumbel-softmax: the sampled choice in forward, the relaxed sample in backward.

Approximates  d E[cost] / d scores, the expectation over the sampled choice.
With          J(softmax((log p + G) / t))^T g, G the Gumbel noise whose largest key is the choice (drawn given the choice, which
              is the same in distribution), g the gradient with respect to the weight of every candidate; t the temperature.
Requires      a selector that keeps one item and whose choices can be enumerated; values at the site.
Bias          biased; a low temperature lowers the bias and raises the variance.
Cost          O(N) time a row, and a product of the read's gradient with every candidate's value.
Source        Jang, Gu & Poole 2017, arXiv:1611.01144; Maddison, Mnih & Teh 2017, arXiv:1611.00712.)doc");

}  // namespace
}  // namespace fovea
