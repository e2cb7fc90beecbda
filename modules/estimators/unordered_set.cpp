#include <algorithm>
#include <cmath>

#include "framework/attention/several_draws.h"
#include "framework/core/error.h"

namespace fovea {
namespace {

constexpr std::size_t kMostDraws = 8;

/// Probabilities of the members of a set that was drawn without replacement.
struct Set {
  double p[kMostDraws] = {};
  std::size_t size = 0;

  unsigned all() const { return (1U << size) - 1; }

  /// The probability of drawing the members in `members`, in any order, from a domain without those in `removed`.
  double probability(unsigned members, unsigned removed) const {
    double table[1U << kMostDraws];
    const double gone = sum(removed);
    table[0] = 1;
    for (unsigned part = 1; part <= all(); ++part) {
      table[part] = 0;
      if ((part & ~members) != 0) continue;
      for (std::size_t last = 0; last < size; ++last) {
        const unsigned bit = 1U << last;
        if ((part & bit) == 0) continue;
        // `last` itself is part of what is left when it is drawn, whatever the rounding of the sum.
        const double left = std::max(1 - gone - sum(part & ~bit), p[last]);
        table[part] += table[part & ~bit] * p[last] / left;
      }
    }
    return table[members];
  }

 private:
  double sum(unsigned members) const {
    double total = 0;
    for (std::size_t i = 0; i < size; ++i) total += (members >> i & 1U) != 0 ? p[i] : 0;
    return total;
  }
};

class UnorderedSet final : public Estimator, public SeveralDraws {
 public:
  void fields(Options& options) override {
    options.add("draws", draws_, "choices drawn for each item, all different", {.low = 2, .high = kMostDraws});
  }
  Traits traits() const override { return {.needs_enumeration = true, .needs_one_choice = true}; }

  Extent draws(const SelectorParts& selector, Extent items) const override {
    const Extent choices = selector.enumerable->choices(items);
    if (choices == 0) {
      throw Error("estimator 'unordered_set'", "choices few enough to be enumerated were expected; " +
                                                   std::to_string(items) +
                                                   " candidates have too many; use reinforce(baseline=leave_one_out).");
    }
    return std::min(draws_, choices);
  }

  // The place of this draw in the order of log p + Gumbel noise, which all draws of the item share.
  bool choose(const SelectorParts& selector, ConstRow scores, const Draw& draw, Choice& out) const override {
    const auto choices = static_cast<std::size_t>(selector.enumerable->choices(static_cast<Extent>(scores.size())));
    if (choices > out.scratch.size()) {
      throw Error("estimator 'unordered_set'", "scratch of a number for each choice was expected; there are " +
                                                   std::to_string(choices) + " choices; have Selector::scratch ask.");
    }
    const Row keys = out.scratch.first(choices);
    selector.enumerable->log_probs(scores, keys);
    Rng rng = draw.shared;
    for (Real& key : keys) key -= static_cast<Real>(std::log(-std::log(rng.uniform())));
    const bool counts = draw.index < static_cast<Extent>(choices);
    auto best = keys.begin();
    for (Extent place = 0; counts && place <= draw.index; ++place) {
      if (place > 0) *best = -std::numeric_limits<Real>::infinity();
      best = std::max_element(keys.begin(), keys.end());
    }
    selector.enumerable->take(scores, best - keys.begin(), out);
    return counts;
  }

  void share_out(const Evaluations& evaluations, const Shares& out) override {
    const auto draws = static_cast<std::size_t>(evaluations.draws);
    for (std::size_t first = 0; first < out.weights.size(); first += draws) {
      Set set;
      while (set.size < draws && std::isfinite(evaluations.log_probs[first + set.size])) {
        set.p[set.size] = std::exp(static_cast<double>(evaluations.log_probs[first + set.size]));
        ++set.size;
      }
      std::fill_n(out.weights.begin() + static_cast<std::ptrdiff_t>(first), draws, Real(0));
      std::fill_n(out.advantages.begin() + static_cast<std::ptrdiff_t>(first), draws, Real(0));
      weigh_item(set, evaluations.costs.subspan(first, draws), out.weights.subspan(first, draws),
                 out.advantages.subspan(first, draws));
    }
  }

 private:
  // weight_s = p_s R(S, s), R(S, s) = p^{D - s}(S - s) / p(S); the baseline of s is the sum over s' of p_s' cost_s'
  // p^{D - s - s'}(S - s - s') / p^{D - s}(S - s), where the last factor is 1 for s' = s.
  static void weigh_item(const Set& set, std::span<const Real> costs, std::span<Real> weights, std::span<Real> advantages) {
    const unsigned all = set.all();
    const double whole = set.probability(all, 0);
    for (std::size_t s = 0; s < set.size; ++s) {
      const unsigned without = all & ~(1U << s);
      const double others = set.probability(without, 1U << s);
      double baseline = set.p[s] * static_cast<double>(costs[s]);
      for (std::size_t other = 0; other < set.size; ++other) {
        if (other == s) continue;
        const unsigned bit = 1U << other;
        const double ratio = set.probability(without & ~bit, 1U << s | bit) / others;
        baseline += set.p[other] * ratio * static_cast<double>(costs[other]);
      }
      const double weight = set.p[s] * others / whole;
      weights[s] = static_cast<Real>(weight);
      advantages[s] = static_cast<Real>(weight * (static_cast<double>(costs[s]) - baseline));
    }
  }

  Extent draws_ = 4;
};

FOVEA_ESTIMATOR("unordered_set", UnorderedSet,
                R"doc(Unordered set: several different choices for each item, drawn without replacement.

Approximates  d E[cost] / d scores, and the gradient of the expected cost with respect to everything else.
With          sum over s in S of p_s R(S, s) (d cost_s + (cost_s - b_s) d log p_s): S the set of choices, R its leave-one-out
              ratio, b_s a baseline made of the costs in S; the sums over the orders of S are exact.
Requires      a selector whose choices can be enumerated, at the only sampled site of the model, which chooses once for each
              item of the batch; 2 to 8 draws.
Bias          none.
Cost          `draws` evaluations of each item, O(2^draws draws^3) for the ratios.
Source        Kool, van Hoof & Welling 2020, arXiv:2002.06043.)doc");

}  // namespace
}  // namespace fovea
