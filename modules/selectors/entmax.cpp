#include <algorithm>
#include <cmath>

#include "framework/attention/selector.h"
#include "framework/core/error.h"
#include "framework/cpu/row_math.h"
#include "framework/cpu/simplex.h"

namespace fovea {
namespace {

constexpr double kLeastAlpha = 1.01;  // closer to 1, the powers leave the range of a float

class Entmax final : public Selector, public DifferentiableChoice, public ManyRows {
 public:
  void fields(Options& options) override {
    options.add("alpha", alpha_, "above 1 (close to it: softmax; 2: sparsemax); more is sparser",
                {.low = kLeastAlpha, .high = 100});
    options.add("temperature", temperature_, "scores are divided by it, > 0; small is sparse", {.low = 1e-6});
    options.add("learn_alpha", learns_alpha_, "true: alpha, then in (1, 2), is where training starts");
  }
  std::vector<SiteParameter> parameters() const override {
    if (!learns_alpha_) return {};
    if (alpha_ >= 2) {
      throw Error("", "entmax learns an alpha between 1 and 2; the start given is " + number_text(alpha_) +
                          "; give an alpha below 2, or learn_alpha=false.");
    }
    return {{"alpha", {1}, Init::constant(std::log((alpha_ - 1) / (2 - alpha_)))}};
  }
  Extent capacity(Extent items) const override { return items; }
  Extent scratch(Extent items) const override { return cpu::simplex_scratch(items); }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const cpu::SparseRow row{out.weights.data(), out.kept.data(), out.scratch.data()};
    out.count = is_entmax15()    ? cpu::entmax15(scores, temperature_, row)
                : is_sparsemax() ? cpu::sparsemax(scores, temperature_, row)
                                 : cpu::entmax(scores, learns_alpha_ ? learned(out).alpha : alpha_, temperature_, row);
    out.log_prob = 0;
  }

  // p_i = max((alpha - 1) s_i / t - tau, 0)^(1 / (alpha - 1)), sum_j p_j = 1, r_i = p_i^(2 - alpha)
  //   =>  grad_s_i += r_i (g_i - sum_j r_j g_j / sum_j r_j) / t on kept
  void backward(ConstRow /*scores*/, const Choice& choice, ConstRow grad_weights, Row grad_scores) const override {
    const auto count = static_cast<std::size_t>(choice.count);
    const cpu::KeptRow row{choice.weights.first(count), choice.kept.data(), grad_weights.data()};
    if (is_entmax15()) return cpu::entmax15_backward(row, temperature_, grad_scores.data());
    if (is_sparsemax()) return cpu::sparsemax_backward(row, temperature_, grad_scores.data());
    const ConstRow grad = grad_weights.first(count);
    const Row slopes = choice.scratch.first(count);
    if (learns_alpha_) {
      pull_alpha(choice, grad, slopes);
    } else {
      find_slopes(row.weights, slopes);
    }
    const Real mean = cpu::dot(slopes, grad) / cpu::sum(slopes);
    const auto factor = static_cast<Real>(1 / temperature_);
    for (std::size_t i = 0; i < count; ++i) {
      grad_scores[choice.kept[i]] += factor * slopes[i] * (grad[i] - mean);
    }
  }

  void select_rows(const Rows& rows, std::span<const Rng> rngs) const override {
    const cpu::SparseRows out{rows.capacity, rows.weights.data(), rows.kept.data(), rows.counts.data(), rows.scratch.data()};
    if (is_entmax15()) return cpu::entmax15_rows(rows.scores, rows.items, temperature_, out);
    if (is_sparsemax()) return cpu::sparsemax_rows(rows.scores, rows.items, temperature_, out);
    select_row_by_row(*this, rows, rngs);
  }

 private:
  bool is_entmax15() const { return alpha_ == 1.5 && !learns_alpha_; }
  bool is_sparsemax() const { return alpha_ == 2 && !learns_alpha_; }

  void find_slopes(ConstRow weights, Row slopes) const {
    cpu::log(weights, slopes);
    cpu::scale(static_cast<Real>(2 - alpha_), slopes);
    cpu::exp(slopes, slopes);
  }

  struct Learned {
    double alpha;
    double slope;  // d alpha / d a
  };
  // alpha = 1 + sigmoid(a), but not below kLeastAlpha. There the slope stays that of the sigmoid, so that alpha can return.
  static Learned learned(const Choice& choice) {
    const double share = 1 / (1 + std::exp(-static_cast<double>(choice.parameters[0][0])));
    return {std::max(1 + share, kLeastAlpha), share * (1 - share)};
  }

  // Finds the slopes too. With q = r / sum_j r_j and h = -p log p:
  //   d p_i / d alpha = (p_i - q_i) / (alpha - 1)^2 + (h_i - q_i sum_j h_j) / (alpha - 1)
  // In double, because p - q is as small as alpha - 1; an error of the logarithms cancels.
  static void pull_alpha(const Choice& choice, ConstRow grad, Row slopes) {
    const auto [alpha, slope] = learned(choice);
    const ConstRow weights = choice.weights.first(slopes.size());
    cpu::log(weights, slopes);
    double p = 0, q = 0, h = 0;                 // their sums, that of q before q is normalised
    double grad_p = 0, grad_q = 0, grad_h = 0;  // and those of their products with the gradient
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      const auto weight = static_cast<double>(weights[i]);
      const auto log = static_cast<double>(slopes[i]);
      const auto pull = static_cast<double>(grad[i]);
      const double power = weight * std::exp((1 - alpha) * log);
      slopes[i] = static_cast<Real>(power);
      p += weight;
      q += power;
      h -= weight * log;
      grad_p += pull * weight;
      grad_q += pull * power;
      grad_h -= pull * weight * log;
    }
    if (choice.grad_parameters.empty() || choice.grad_parameters[0].empty()) return;
    const double mean = grad_q / q;
    const double grad_alpha = ((grad_p / p - mean) / (alpha - 1) + grad_h - mean * h) / (alpha - 1);
    choice.grad_parameters[0][0] += static_cast<Real>(slope * grad_alpha);
  }

  double alpha_ = 1.5;
  double temperature_ = 1;
  bool learns_alpha_ = false;
};

FOVEA_SELECTOR("entmax", Entmax, R"doc(Entmax: between softmax (alpha = 1) and sparsemax (alpha = 2), exact zeros included.

Solves    max over p of p . s / t + H(p), p >= 0, sum of p = 1, H(p) = sum of (p_i - p_i^alpha) / (alpha (alpha - 1)):
          p_i = max((alpha - 1) s_i / t - tau, 0)^(1 / (alpha - 1)), t the temperature. With learn_alpha=true
          alpha = 1 + sigmoid(a), a a parameter [1] of the site at selector/alpha (of each head, where heads are sites); below
          1.01 alpha is taken to be 1.01.
Shapes    scores [N] -> weights [K], kept [K] = those above 0, ascending, 1 <= K <= N; rows are independent.
Gradient  exact: r_i (g_i - sum of r_j g_j / sum of r_j) / t with r = p^(2 - alpha) on kept, 0 elsewhere; not defined where
          the support changes. That of alpha, with q = r / sum of r_j and h = -p log p: g . (p - q) / (alpha - 1)^2 +
          g . (h - q sum of h_j) / (alpha - 1); below 1.01 it is that at 1.01, so that alpha can return. Only an estimator
          that uses the derivative of the selector, as "none" does, moves alpha.
Errors    learn_alpha with an alpha of 2 or more; a masked-out item never arrives.
Cost      O(N) time, and a few passes over the scores within t / (alpha - 1) of the largest, those of alpha = 1.5 and 2
          without powers (where alpha is not learned); N Reals of scratch.
Source    Peters et al. 2019, arXiv:1905.05702, equation 10; Blondel et al. 2020, arXiv:1901.02324. Learned alpha: Correia,
          Niculae & Martins 2019, arXiv:1909.00015, section 3, proposition 1.)doc");

}  // namespace
}  // namespace fovea
