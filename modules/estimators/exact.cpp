#include <cmath>

#include "framework/attention/several_draws.h"
#include "framework/core/error.h"

namespace fovea {
namespace {

class Exact final : public Estimator, public SeveralDraws {
 public:
  Traits traits() const override { return {.needs_enumeration = true, .needs_one_choice = true}; }

  Extent draws(const SelectorParts& selector, Extent items) const override {
    const Extent choices = selector.enumerable->choices(items);
    if (choices == 0) {
      throw Error("estimator 'exact'", "choices few enough to be enumerated were expected; " + std::to_string(items) +
                                           " candidates have too many; use reinforce(baseline=leave_one_out).");
    }
    return choices;
  }

  bool choose(const SelectorParts& selector, ConstRow scores, const Draw& draw, Choice& out) const override {
    const Extent choices = selector.enumerable->choices(static_cast<Extent>(scores.size()));
    if (choices > draw.count) {
      throw Error("estimator 'exact'", "as many evaluations of an item as the site has choices were expected; it has " +
                                           std::to_string(choices) + " and the model was built for " +
                                           std::to_string(draw.count) + "; give all rows the same number of candidates.");
    }
    const bool counts = draw.index < choices;
    selector.enumerable->take(scores, counts ? draw.index : 0, out);
    return counts;
  }

  bool first_is_drawn() const override { return false; }

  // grad = sum_c p_c (d cost_c + cost_c d log p_c); a constant taken off the costs changes only the rounding.
  void share_out(const Evaluations& evaluations, const Shares& out) override {
    const auto draws = static_cast<std::size_t>(evaluations.draws);
    for (std::size_t first = 0; first < out.weights.size(); first += draws) {
      double mean = 0;
      for (std::size_t row = first; row < first + draws; ++row) {
        const double probability = std::exp(static_cast<double>(evaluations.log_probs[row]));
        out.weights[row] = static_cast<Real>(probability);
        if (probability > 0) mean += probability * static_cast<double>(evaluations.costs[row]);
      }
      for (std::size_t row = first; row < first + draws; ++row) {
        const double above = static_cast<double>(evaluations.costs[row]) - mean;
        out.advantages[row] = out.weights[row] > 0 ? out.weights[row] * static_cast<Real>(above) : Real(0);
      }
    }
  }
};

FOVEA_ESTIMATOR("exact", Exact, R"doc(Exact: every choice is evaluated, weighted by its probability.

Approximates  nothing: d E[cost] / d scores, and the gradient of the expected cost with respect to everything else.
With          sum over choices c of p_c (d cost_c + cost_c d log p_c).
Requires      a selector whose choices can be enumerated, at the only sampled site of the model, which chooses once for each
              item of the batch. The loss and the metrics reported are expectations too.
Bias          none, and no variance.
Cost          as many evaluations of each item as there are choices.)doc");

}  // namespace
}  // namespace fovea
