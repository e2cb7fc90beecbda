// The policy `expert_choice`: experts choose their rows.

#include <algorithm>

#include "modules/routing/policy.h"

namespace fovea {
namespace {

class ExpertChoice final : public RoutingPolicy {
 public:
  void fields(Options& options) override {
    options.add("capacity", capacity_, "experts of a row on average, > 0", {.low = 1e-6});
  }
  Extent places(Extent experts, Extent /*offered*/) const override { return experts; }

  void assign(const Assignment& run) const override {
    const Extent room = std::min(run.rows, room_of(capacity_, 1, run.rows, run.experts));
    for (Extent expert = 0; expert < run.experts; ++expert) {
      Extent row = -1;
      for (Extent taken = 0; taken < room; ++taken) {
        row = next_row(run, expert, row);
        if (row < 0) break;
        run.wanted_of(row, run.counts[row]) = static_cast<Index>(expert);
        run.keep(row, expert);
      }
    }
    for (Extent row = 0; row < run.rows; ++row) {
      if (run.counts[row] == 0) run.drop(row);
    }
  }

 private:
  /// The next best row of an expert after the previous one; -1: no other has a gate.
  static Extent next_row(const Assignment& run, Extent expert, Extent before) {
    Extent best = -1;
    for (Extent row = 0; row < run.rows; ++row) {
      const Real gate = run.gates[run.pair(row, expert)];
      if (!(gate > 0)) continue;
      if (before >= 0) {
        const Real last = run.gates[run.pair(before, expert)];
        if (gate > last || (gate == last && row <= before)) continue;
      }
      if (best < 0 || gate > run.gates[run.pair(best, expert)]) best = row;
    }
    return best;
  }

  double capacity_ = 2;
};

FOVEA_POLICY("expert_choice", ExpertChoice,
             R"doc(Expert choice: every expert takes its best rows, equally many for each.

Solves    expert e takes the ceil(capacity M / E) rows with the largest gates of e. A row may have any number of experts;
          one that nobody takes counts as dropped.
Shapes    K = E; the site dot | dense | softmax | none makes the gates probabilities over experts.
Options   capacity=2.
Gradient  by the gates of the experts that are kept.
Errors    none; but what a row gets depends on all rows of its batch element, later ones too: in a causal model the
          future leaks in.
Cost      O(capacity M^2) time.
Source    Zhou et al. 2022, arXiv:2202.09368, section 3.2.)doc");

}  // namespace
}  // namespace fovea
