#include <algorithm>

#include "modules/estimators/best_items.h"
#include "modules/estimators/conditional_gumbel.h"
#include "modules/estimators/sum_of_gamma.h"

namespace fovea {
namespace {

class ImplicitMle final : public Estimator, public WeightPath {
 public:
  void fields(Options& options) override {
    options.add("lambda", lambda_, "how far the scores go against the gradient that arrives, > 0", {.low = 1e-6});
    options.add("noise", noise_, "of the scores, the same in both choices", {"sum_of_gamma", "gumbel", "none"});
    options.add("temperature", temperature_, "of the noise, > 0; a high one widens it", {.low = 1e-6});
    options.add("terms", terms_, "of sum_of_gamma, >= 1", {.low = 1});
    options.add("draws", draws_, "of the noise, averaged, >= 1", {.low = 1});
  }
  Traits traits() const override { return {.is_biased = true, .needs_hard_choice = true}; }
  Reads reads() const override { return Reads::kAll; }

  // grad = (z(s + e) - z(s - lambda d cost / d z + e)) / lambda. The weights are z / k  =>  d cost / d z = g / k
  void through_choice(const SelectorParts& /*selector*/, ConstRow scores, const Choice& choice, const Draw& draw,
                      ConstRow grad_weights, Row grad_scores) const override {
    const std::size_t n = scores.size();
    const auto k = static_cast<std::size_t>(choice.count);
    if (k >= n) return;  // nothing to choose
    const Row keys = choice.scratch.first(n);
    const Row copy = choice.scratch.subspan(n, n);
    const auto share = static_cast<Real>(1 / (lambda_ * static_cast<double>(draws_)));
    const auto length = static_cast<Real>(lambda_ / static_cast<double>(k));
    Rng numbers = gumbel::apart(draw.rng);
    for (Extent number = 0; number < draws_; ++number) {
      fill_keys(scores, k, numbers, keys);
      for_best(keys, k, copy, [&](std::size_t i) { grad_scores[i] += share; });
      for (std::size_t i = 0; i < n; ++i) keys[i] -= length * grad_weights[i];
      for_best(keys, k, copy, [&](std::size_t i) { grad_scores[i] -= share; });
    }
  }

 private:
  void fill_keys(ConstRow scores, std::size_t k, Rng& numbers, Row keys) const {
    if (noise_ == "sum_of_gamma") {
      fill_sum_of_gamma(k, terms_, numbers, keys);
    } else if (noise_ == "gumbel") {
      fill_gumbel(numbers, keys);
    } else {
      std::fill(keys.begin(), keys.end(), Real(0));
    }
    const auto factor = static_cast<Real>(temperature_);
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = factor * keys[i] + scores[i];
  }

  double lambda_ = 10;
  std::string noise_ = "sum_of_gamma";
  double temperature_ = 1;
  Extent terms_ = 10;
  Extent draws_ = 1;
};

FOVEA_ESTIMATOR("implicit_mle", ImplicitMle,
                R"doc(I-MLE: the best items at the scores against the best items at scores that the gradient has moved.

Approximates  d E[cost] / d scores, the expectation over the choice.
With          (z(s + e) - z(s - lambda g + e)) / lambda, averaged over `draws` of the noise e: z is 1 for the k best items,
              k as many as were kept, and 0 for the others; g the gradient with respect to z at the hard choice, which is
              1 / k of that with respect to the weight. The noise is the same in both choices and independent of the choice
              in forward: a selector that draws exactly has no noise that could be shared with it. With gumbel z is a draw
              of gumbel_top_k; with sum_of_gamma the noise of every set of k is nearly Gumbel, but not independent from
              set to set, so that z is surer than a draw of k_subset; "none" compares the two most probable choices.
Requires      a selector that gives few items equal weights; values at the site.
Bias          biased; a large lambda raises the bias, a small one the variance. lambda multiplies the gradient as it arrives:
              the mean over a batch of B items has made it B times smaller than that of one item.
Cost          O(N) time a row and draw, for sum_of_gamma N `terms` numbers, and a product of the read's gradient with every
              candidate's value.
Source        Niepert, Minervini & Franceschi 2021, arXiv:2106.01798, algorithm 1; without noise Pogancic et al. 2020
              (ICLR).)doc");

}  // namespace
}  // namespace fovea
