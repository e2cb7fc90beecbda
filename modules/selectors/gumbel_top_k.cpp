#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "framework/attention/selector.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

// The exponential clocks of Kool et al.: item i rings at a time of rate exp(s_i / t), and a set S is drawn if all its
// clocks ring before the first of the others, whose total rate is R:
//     p(S) = integral over times T of R exp(-R T) product over S of (1 - exp(-T exp(s_i / t)))
// With w = log(R T) the integrand exp(w - exp(w)) product over S of (1 - exp(-exp(w + b_i))), b_i = s_i / t - log R, is
// smooth, has one peak and falls off exponentially, so that the trapezoidal rule is accurate to the last digits.
class Clocks {
 public:
  Clocks(ConstRow scores, std::span<const Index> kept, double temperature)
      : scores_(scores), kept_(kept), factor_(1 / temperature) {
    measure_rest();
    if (!is_certain()) integrate();
  }

  bool is_certain() const { return kept_.size() == scores_.size(); }
  double log_prob() const { return is_certain() ? 0 : std::min(log_integral_, 0.0); }

  /// d log p / d (s_i / t) for an item of the set: the mean of a / (exp(a) - 1), a = exp(w + b_i).
  double slope(Index item) const {
    const double b = bias(item);
    double sum = 0;
    for (std::size_t n = 0; n < count_; ++n) sum += shares_[n] * pull(std::exp(points_[n] + b));
    return sum;
  }
  /// The same for the others together: the mean of 1 - exp(w), shared in proportion to their rates.
  double slope_of_rest() const {
    double sum = 0;
    for (std::size_t n = 0; n < count_; ++n) sum += shares_[n] * (1 - std::exp(points_[n]));
    return sum;
  }
  double share_of_rest(Index item) const { return std::exp(bias(item)); }

 private:
  static constexpr double kStep = 0.2;
  static constexpr double kDepth = 42;  // exp(-42) is below the last digit
  static constexpr std::size_t kPoints = 512;

  static double pull(double a) { return a < 1e-12 ? 1 : a > 700 ? 0 : a / std::expm1(a); }
  // log(1 - exp(-exp(y)))
  static double log_rung(double y) { return y < -30 ? y : std::log(-std::expm1(-std::exp(y))); }
  double bias(Index item) const { return factor_ * static_cast<double>(scores_[item]) - log_rest_; }

  // log R: the logarithm of the sum of the rates of all items that are not in the set.
  void measure_rest() {
    double most = -std::numeric_limits<double>::infinity();
    double sum = 0;
    for (const bool is_summing : {false, true}) {
      std::size_t next = 0;
      for (std::size_t i = 0; i < scores_.size(); ++i) {
        if (next < kept_.size() && static_cast<std::size_t>(kept_[next]) == i) {
          ++next;
        } else if (is_summing) {
          sum += std::exp(factor_ * static_cast<double>(scores_[i]) - most);
        } else {
          most = std::max(most, factor_ * static_cast<double>(scores_[i]));
        }
      }
    }
    log_rest_ = most + std::log(sum);
  }

  double log_integrand(double w) const {
    double sum = w - std::exp(w);
    for (const Index item : kept_) sum += log_rung(w + bias(item));
    return sum;
  }

  // The slope of log_integrand falls from 1 + k at w = -infinity; it is positive at 0 and negative at log(1 + k).
  double top() const {
    double low = 0;
    double high = std::log1p(static_cast<double>(kept_.size()));
    for (int round = 0; round < 12; ++round) {
      const double w = (low + high) / 2;
      double slope = 1 - std::exp(w);
      for (const Index item : kept_) slope += pull(std::exp(w + bias(item)));
      (slope > 0 ? low : high) = w;
    }
    return low;
  }

  void integrate() {
    const double start = top();
    const double most = log_integrand(start);
    double sum = 0;
    for (const int direction : {1, -1}) {
      for (int n = direction == 1 ? 0 : 1; count_ < kPoints; ++n) {
        const double w = start + direction * n * kStep;
        const double height = log_integrand(w) - most;
        if (!(height > -kDepth)) break;
        points_[count_] = w;
        shares_[count_] = std::exp(height);
        sum += shares_[count_++];
      }
    }
    for (std::size_t n = 0; n < count_; ++n) shares_[n] /= sum;
    log_integral_ = most + std::log(kStep * sum);
  }

  ConstRow scores_;
  std::span<const Index> kept_;
  double factor_;
  double log_rest_ = 0;
  double log_integral_ = 0;
  std::array<double, kPoints> points_;
  std::array<double, kPoints> shares_;  // of the integral
  std::size_t count_ = 0;
};

class GumbelTopK final : public Selector, public SampledChoice {
 public:
  void fields(Options& options) override {
    options.add("k", k_, "items kept, >= 1", {.low = 1});
    options.add("temperature", temperature_, "scores are divided by it, > 0; small is sharp", {.low = 1e-6});
  }
  Extent capacity(Extent items) const override { return std::min(items, k_); }

  void select(ConstRow scores, Rng rng, Choice& out) const override {
    const Row perturbed = out.scratch.first(scores.size());
    fill_gumbel(rng, perturbed);
    cpu::add_scaled(static_cast<Real>(1 / temperature_), scores, perturbed);
    keep(perturbed, scores, out);
  }

  void select_greedy(ConstRow scores, Rng /*rng*/, Choice& out) const override { keep(scores, scores, out); }

  void log_prob_backward(ConstRow scores, const Choice& choice, Real factor, Row grad_scores) const override {
    const std::span<const Index> kept = choice.kept.first(choice.count);
    const Clocks clocks(scores, kept, temperature_);
    if (clocks.is_certain()) return;
    const double scaled = static_cast<double>(factor) / temperature_;
    const double rest = scaled * clocks.slope_of_rest();
    std::size_t next = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const auto item = static_cast<Index>(i);
      const bool is_kept = next < kept.size() && kept[next] == item;
      next += static_cast<std::size_t>(is_kept);
      grad_scores[i] += static_cast<Real>(is_kept ? scaled * clocks.slope(item) : rest * clocks.share_of_rest(item));
    }
  }

 private:
  void keep(ConstRow ranks, ConstRow scores, Choice& out) const {
    out.count = capacity(static_cast<Extent>(scores.size()));
    const std::span<Index> kept = out.kept.first(out.count);
    keep_best(ranks, kept);
    std::fill_n(out.weights.begin(), kept.size(), Real(1) / static_cast<Real>(out.count));
    out.log_prob = static_cast<Real>(Clocks(scores, kept, temperature_).log_prob());
  }

  Extent k_ = 4;
  double temperature_ = 1;
};

FOVEA_SELECTOR("gumbel_top_k", GumbelTopK,
               R"doc(Gumbel-top-k: k items drawn one after another without replacement, weights 1 / k.

Solves    kept = the k largest s_i / t + g_i, g standard Gumbel noise, t the temperature: the same as k draws from softmax(s / t)
          where each takes its item away. In evaluation without noise, ties to the lowest index.
Shapes    scores [N] -> weights [min(k, N)] = 1 / min(k, N), kept [min(k, N)] ascending, log_prob = log p(kept) of the set,
          whatever the order of its draws; rows are independent.
Gradient  none through the weights; of the log-probability exact, as far as its integral: absolute error below 1e-12. Needs an
          estimator.
Errors    none; k above N keeps all N.
Cost      O(N log k) time, N random numbers, about 100 k exponentials for log_prob; reads and writes touch k items.
Source    Kool et al. 2019, arXiv:1903.06059; p(kept) as in Kool et al. 2020, arXiv:2002.06043, appendix B.)doc");

}  // namespace
}  // namespace fovea
