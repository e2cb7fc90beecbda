#include <algorithm>

#include "modules/estimators/conditional_gumbel.h"

namespace fovea {
namespace {

class GumbelRao final : public Estimator {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "of the softmax over the noisy scores, > 0", {.low = 1e-6});
    options.add("draws", draws_, "of the noise behind a choice, averaged, >= 1", {.low = 1});
  }
  Traits traits() const override {
    return {.has_path = true, .is_biased = true, .needs_enumeration = true, .needs_one_item = true};
  }
  bool reads_kept_only() const override { return false; }

  void through_choice(const Selector& selector, ConstRow scores, const Choice& choice, Rng rng, ConstRow grad_weights,
                      Row grad_scores) const override {
    const std::size_t n = scores.size();
    const Row keys = choice.scratch.first(n);
    const Row weights = choice.scratch.subspan(n, n);
    const Row grad = choice.scratch.subspan(2 * n, n);
    std::fill(grad.begin(), grad.end(), Real(0));
    Rng noise = gumbel::apart(rng);
    for (Extent draw = 0; draw < draws_; ++draw) {
      selector.log_probs(scores, keys);
      gumbel::condition_on(static_cast<std::size_t>(choice.kept[0]), noise, keys);
      gumbel::pull_softmax(keys, temperature_, grad_weights, weights, grad);
    }
    for (Real& slope : grad) slope /= static_cast<Real>(draws_);
    selector.log_probs_backward(scores, grad, grad_scores);
  }

 private:
  double temperature_ = 1;
  Extent draws_ = 10;
};

FOVEA_ESTIMATOR("gumbel_rao", GumbelRao,
                R"doc(Gumbel-Rao: straight-through Gumbel-softmax, averaged over the noise behind the choice.

Approximates  d E[cost] / d scores, the expectation over the sampled choice.
With          the mean over `draws` of J(softmax((log p + G) / t))^T g, G Gumbel noise given that the choice won, g the gradient
              with respect to the weight of every candidate at the hard choice; t the temperature.
Requires      a selector that keeps one item and whose choices can be enumerated; values at the site.
Bias          biased as gumbel_straight_through, with less variance.
Cost          O(draws N) time a row, and a product of the read's gradient with every candidate's value; one evaluation of the
              model.
Source        Paulus, Maddison & Krause 2021, arXiv:2010.04838.)doc");

}  // namespace
}  // namespace fovea
