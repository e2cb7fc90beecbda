#include "framework/cpu/row_math.h"
#include "modules/estimators/best_items.h"
#include "modules/estimators/conditional_gumbel.h"

namespace fovea {
namespace {

class PerturbAndSelect final : public Estimator, public WeightPath {
 public:
  void fields(Options& options) override {
    options.add("deviation", deviation_, "of the noise of the scores, > 0", {.low = 1e-6});
    options.add("draws", draws_, "of the noise, averaged, >= 2", {.low = 2});
  }
  Traits traits() const override { return {.is_biased = true, .needs_hard_choice = true}; }
  Reads reads() const override { return Reads::kAll; }

  // w(s) = 1 / k for the k best, f = g . w(s + d Z)  =>  d E[f] / d s = E[f Z] / d. The baseline of a draw is the mean f of
  // the others: sum over draws r of (f_r - mean of all) Z_r / (d (R - 1)).
  void through_choice(const SelectorParts& /*selector*/, ConstRow scores, const Choice& choice, const Draw& draw,
                      ConstRow grad_weights, Row grad_scores) const override {
    const std::size_t n = scores.size();
    const auto k = static_cast<std::size_t>(choice.count);
    if (k >= n) return;  // nothing to choose
    const Row noise = choice.scratch.first(n);
    const Row keys = choice.scratch.subspan(n, n);
    const Row copy = choice.scratch.subspan(2 * n, n);
    const Row sum_of_noise = choice.scratch.subspan(3 * n, n);
    const auto sum_of_best = [&](ConstRow ranks) {
      double sum = 0;
      for_best(ranks, k, copy, [&](std::size_t i) { sum += static_cast<double>(grad_weights[i]); });
      return sum;
    };
    std::fill(sum_of_noise.begin(), sum_of_noise.end(), Real(0));
    const double unmoved = sum_of_best(scores);  // taken off everywhere, so that choices that stay give 0 to the bit
    const double share = 1 / (static_cast<double>(k) * deviation_ * static_cast<double>(draws_ - 1));
    double total = 0;
    Rng numbers = gumbel::apart(draw.rng);
    for (Extent number = 0; number < draws_; ++number) {
      numbers.fill_normal(noise);
      for (std::size_t i = 0; i < n; ++i) keys[i] = scores[i] + static_cast<Real>(deviation_) * noise[i];
      const double rise = sum_of_best(keys) - unmoved;
      total += rise;
      cpu::add(noise, sum_of_noise);
      cpu::add_scaled(static_cast<Real>(share * rise), noise, grad_scores);
    }
    cpu::add_scaled(static_cast<Real>(-share * total / static_cast<double>(draws_)), sum_of_noise, grad_scores);
  }

 private:
  double deviation_ = 1;
  Extent draws_ = 10;
};

FOVEA_ESTIMATOR("perturb_and_select", PerturbAndSelect,
                R"doc(Perturbed optimiser: the derivative of the mean choice under Gaussian noise.

Approximates  d E[cost] / d scores, the expectation over the choice.
With          (f - b) Z / d, averaged over `draws` of Z ~ N(0, I): d the deviation, f = g . w(s + d Z), w 1 / k for the k
              best items, k as many as were kept, and 0 for the others, g the gradient with respect to the weight of every
              candidate at the hard choice, b the mean f of the other draws. Its mean is (d E[w(s + d Z)] / d s)^T g.
Requires      a selector that gives few items equal weights: one item, or k with 1 / k; values at the site.
Bias          biased: the noise is not that of the selector, and g is taken as constant. It is the exact gradient of
              E[cost(w(s + d Z))] for a cost that is linear in the weights. Small deviations have a large variance.
Cost          O(draws N) time a row, and a product of the read's gradient with every candidate's value; one evaluation of
              the model.
Source        Berthet, Blondel, Teboul, Cuturi, Vert & Bach 2020, arXiv:2002.08676.)doc");

}  // namespace
}  // namespace fovea
