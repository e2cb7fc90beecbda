// The policy `top_2`: two experts for each row, of which the second may be left out.

#include <algorithm>

#include "modules/routing/policy.h"

namespace fovea {
namespace {

class Top2 final : public RoutingPolicy {
 public:
  void fields(Options& options) override {
    options.add("second", second_, "which second experts are asked for", {"all", "random", "threshold"});
    options.add("threshold", threshold_, "second=threshold: the least share of the two gates, in [0, 0.5]",
                {.low = 0, .high = 0.5});
    options.add("capacity", capacity_, "room of an expert, in shares of 2 M / E rows, >= 0; 0: no limit", {.low = 0});
    options.add("normalise", normalise_, "true: weights are divided by the sum of the wanted gates");
  }
  Traits traits() const override { return {.is_normalised = normalise_}; }
  Extent places(Extent experts, Extent /*offered*/) const override { return std::min<Extent>(experts, 2); }
  Extent scratch(Extent /*rows*/, Extent experts) const override { return experts; }

  void assign(const Assignment& run) const override {
    ask(run);
    const Extent room = capacity_ > 0 ? room_of(capacity_, run.places, run.rows, run.experts) : run.rows * run.places;
    const Row load = run.scratch.first(run.experts);
    std::fill(load.begin(), load.end(), Real{0});
    for (Extent place = 0; place < run.places; ++place) {
      for (Extent row = 0; row < run.rows; ++row) {
        const Index expert = run.wanted_of(row, place);
        if (expert < 0) continue;
        if (load[expert] >= static_cast<Real>(room)) {
          run.drop(row);
          continue;
        }
        load[expert] += 1;
        run.keep(row, expert);
      }
    }
  }

 private:
  void ask(const Assignment& run) const {
    Rng rng = run.rng;
    for (Extent row = 0; row < run.rows; ++row) {
      const double draw = second_ == "random" ? rng.uniform() : 0;  // one for each row, whatever the row asks for
      const Extent first = next_best(run, run.gates, row, -1);
      run.wanted_of(row, 0) = static_cast<Index>(first);
      if (first < 0 || run.places < 2) continue;
      const Extent second = next_best(run, run.gates, row, first);
      if (second < 0) continue;
      const auto gate = static_cast<double>(run.gates[run.pair(row, second)]);
      const double share = gate / (gate + static_cast<double>(run.gates[run.pair(row, first)]));
      if (is_asked(share, run.mode, draw)) run.wanted_of(row, 1) = static_cast<Index>(second);
    }
  }

  bool is_asked(double share, Mode mode, double draw) const {
    if (second_ == "threshold") return share >= threshold_;
    if (second_ == "all") return true;
    return mode == Mode::kEvaluate ? share >= 0.25 : 2 * share > draw;
  }

  std::string second_ = "all";
  double threshold_ = 0.2;
  double capacity_ = 1.25;
  bool normalise_ = true;
};

FOVEA_POLICY("top_2", Top2,
             R"doc(Top-2: every row is sent to its best expert, and to the second best where that counts enough.

Solves    the two best gates g1 >= g2 of a row; with share = g2 / (g1 + g2), the second expert is asked for always
          (second=all), with the probability min(1, 2 share) (random; in evaluation where that is at least a half), or where
          share >= threshold. Weights are g / (sum of the gates of what is asked for) with normalise. An expert has room
          for ceil(capacity 2 M / E) rows: first all first choices in the order of rows, then all second ones.
Shapes    K = 2; the site dot | dense | softmax | none offers all experts and makes the gate a probability.
Gradient  by the gates of the experts that are asked for.
Options   second=all, random or threshold, threshold=0.2, capacity=1.25, 0 for no limit, normalise=true.
Cost      O(M E) time.
Source    Lepikhin et al. 2020, arXiv:2006.16668, section 2.2 and algorithm 1; threshold as in related public code.)doc");

}  // namespace
}  // namespace fovea
