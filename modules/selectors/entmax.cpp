#include <cmath>

#include "framework/attention/selector.h"
#include "framework/cpu/row_math.h"
#include "framework/cpu/simplex.h"

namespace fovea {
namespace {

class Entmax final : public Selector {
 public:
  void fields(Options& options) override {
    options.add("alpha", alpha_, "above 1 (close to it: softmax; 2: sparsemax); more is sparser",
                {.low = 1.01, .high = 100});
    options.add("temperature", temperature_, "scores are divided by it, > 0; small is sparse", {.low = 1e-6});
  }
  Traits traits() const override { return {.is_differentiable = true}; }
  Extent capacity(Extent items) const override { return items; }
  Extent scratch(Extent items) const override { return cpu::simplex_scratch(items); }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const cpu::SparseRow row{out.weights.data(), out.kept.data(), out.scratch.data()};
    out.count = alpha_ == 1.5 ? cpu::entmax15(scores, temperature_, row)
                : alpha_ == 2 ? cpu::sparsemax(scores, temperature_, row)
                              : cpu::entmax(scores, alpha_, temperature_, row);
    out.log_prob = 0;
  }

  // p_i = max((alpha - 1) s_i / t - tau, 0)^(1 / (alpha - 1)), sum_j p_j = 1, r_i = p_i^(2 - alpha)
  //   =>  grad_s_i += r_i (g_i - sum_j r_j g_j / sum_j r_j) / t on kept
  void backward(ConstRow /*scores*/, const Choice& choice, ConstRow grad_weights, Row grad_scores) const override {
    const auto count = static_cast<std::size_t>(choice.count);
    const ConstRow grad = grad_weights.first(count);
    const Row slopes = choice.scratch.first(count);
    find_slopes(choice.weights.first(count), slopes);
    const Real mean = cpu::dot(slopes, grad) / cpu::sum(slopes);
    const auto factor = static_cast<Real>(1 / temperature_);
    for (std::size_t i = 0; i < count; ++i) {
      grad_scores[static_cast<std::size_t>(choice.kept[i])] += factor * slopes[i] * (grad[i] - mean);
    }
  }

 private:
  void find_slopes(ConstRow weights, Row slopes) const {
    if (alpha_ == 1.5) {
      for (std::size_t i = 0; i < slopes.size(); ++i) slopes[i] = std::sqrt(weights[i]);
    } else {
      cpu::log(weights, slopes);
      cpu::scale(static_cast<Real>(2 - alpha_), slopes);
      cpu::exp(slopes, slopes);
    }
  }

  double alpha_ = 1.5;
  double temperature_ = 1;
};

FOVEA_SELECTOR("entmax", Entmax, R"doc(Entmax: between softmax (alpha = 1) and sparsemax (alpha = 2), exact zeros included.

Solves    max over p of p . s / t + H(p), p >= 0, sum of p = 1, H(p) = sum of (p_i - p_i^alpha) / (alpha (alpha - 1)):
          p_i = max((alpha - 1) s_i / t - tau, 0)^(1 / (alpha - 1)), t the temperature.
Shapes    scores [N] -> weights [K], kept [K] = those above 0, ascending, 1 <= K <= N; rows are independent.
Gradient  exact: r_i (g_i - sum of r_j g_j / sum of r_j) / t with r = p^(2 - alpha) on kept, 0 elsewhere; not defined where
          the support changes.
Errors    none; a masked-out item never arrives.
Cost      O(N) time, and a few passes over the scores within t / (alpha - 1) of the largest, those of alpha = 1.5 and 2
          without powers; N Reals of scratch.
Source    Peters et al. 2019, arXiv:1905.05702, equation 10; Blondel et al. 2020, arXiv:1901.02324.)doc");

}  // namespace
}  // namespace fovea
