#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "framework/anneal/annealing.h"

namespace fovea {
namespace {

class Plateau final : public Annealing {
 public:
  void fields(Options& options) override {
    options.add("from", from_, "value at the start");
    options.add("to", to_, "value that is never passed");
    options.add("moves", moves_, "equal moves that lead from the first to the last value, >= 1", {.low = 1});
    options.add("patience", patience_, "evaluations without a better metric before a move, >= 0", {.low = 0});
    options.add("threshold", threshold_, "gain of the metric that counts as better, >= 0", {.low = 0});
    options.add("factor", factor_, "in (0, 1]; below 1: each move multiplies by it, and `moves` is ignored",
                {.low = std::numeric_limits<double>::min(), .high = 1});
  }
  void check() const override {
    if (factor_ == 1 || (from_ >= to_ && to_ >= 0)) return;
    throw Error("from >= to >= 0 was expected where a factor moves the number; from is " + number_text(from_) + " and to " +
                number_text(to_) + "; exchange them or leave the factor out.");
  }
  double value(Extent /*step*/, Extent /*steps*/) const override {
    const double made = state_[kMoves];
    if (factor_ < 1) return std::max(to_, from_ * std::pow(factor_, made));
    const double share = made / static_cast<double>(moves_);
    return share >= 1 ? to_ : from_ + share * (to_ - from_);
  }
  Bounds range() const override { return {std::min(from_, to_), std::max(from_, to_)}; }
  bool needs_metric() const override { return true; }
  void observe(double metric) override {
    if (metric > state_[kBest] + threshold_) {
      state_[kBest] = metric;
      state_[kWaited] = 0;
      return;
    }
    state_[kWaited] += 1;
    if (state_[kWaited] <= static_cast<double>(patience_)) return;
    state_[kMoves] += 1;
    state_[kWaited] = 0;
  }
  std::span<double> state() override { return state_; }

 private:
  enum { kBest, kWaited, kMoves };
  double from_ = 1;
  double to_ = 0.1;
  Extent moves_ = 4;
  Extent patience_ = 2;
  double threshold_ = 1e-4;
  double factor_ = 1;
  std::array<double, 3> state_{-std::numeric_limits<double>::infinity(), 0, 0};
};

FOVEA_ANNEALING("plateau", Plateau,
                R"doc(By validation: a move towards the last number whenever the main metric no longer rises.

Solves    from + share (to - from), share = moves made / moves; with a factor, from factor^(moves made), at least `to`. A move
          after more than `patience` evaluations on the validation split in a row without a gain above `threshold`.
Errors    a run without evaluations while it trains.)doc");

}  // namespace
}  // namespace fovea
