#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/anneal/annealing.h"

namespace fovea {
namespace {

class Constant final : public Annealing {
 public:
  void fields(Options& options) override { options.add("value", value_, "the number, always"); }
  double value(Extent /*step*/, Extent /*steps*/) const override { return value_; }
  Bounds range() const override { return {value_, value_}; }

 private:
  double value_ = 1;
};

/// From one value to another within a number of steps, behind a number of steps of rest.
class Ramp : public Annealing {
 public:
  void fields(Options& options) final {
    options.add("from", from_, "value at the start");
    options.add("to", to_, "value at the end, and from then on");
    options.add("steps", steps_, "length of the change, >= 0; 0: up to the end of the run", {.low = 0});
    options.add("begin", begin_, "steps before it starts, >= 0", {.low = 0});
  }
  double value(Extent step, Extent steps) const final {
    const Extent length = steps_ > 0 ? steps_ : steps - begin_;
    if (step <= begin_) return from_;
    if (step >= begin_ + length) return to_;
    return between(static_cast<double>(step - begin_) / static_cast<double>(length));
  }
  Bounds range() const final { return {std::min(from_, to_), std::max(from_, to_)}; }

 protected:
  /// The value where a share in (0, 1) of the change is done.
  virtual double between(double share) const = 0;
  double from_ = 1;
  double to_ = 0.1;

 private:
  Extent steps_ = 0;
  Extent begin_ = 0;
};

class Linear final : public Ramp {
  double between(double share) const override { return from_ + share * (to_ - from_); }
};

class Exponential final : public Ramp {
 public:
  void check() const override {
    if (from_ > 0 && to_ > 0) return;
    throw Error("from and to above 0 were expected; one of them is not; use linear to reach 0.");
  }

 private:
  double between(double share) const override { return from_ * std::pow(to_ / from_, share); }
};

class Cosine final : public Ramp {
  double between(double share) const override {
    return to_ + (from_ - to_) * 0.5 * (1 + std::cos(std::numbers::pi * share));
  }
};

class Plateau final : public Annealing {
 public:
  void fields(Options& options) override {
    options.add("from", from_, "value at the start");
    options.add("to", to_, "value that is never passed");
    options.add("moves", moves_, "equal moves that lead from the first to the last value, >= 1", {.low = 1});
    options.add("patience", patience_, "evaluations without a better metric that are let pass, >= 0", {.low = 0});
    options.add("threshold", threshold_, "gain of the metric that counts as better, >= 0", {.low = 0});
  }
  double value(Extent /*step*/, Extent /*steps*/) const override {
    const double share = state_[kMoves] / static_cast<double>(moves_);
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
  std::array<double, 3> state_{-std::numeric_limits<double>::infinity(), 0, 0};
};

FOVEA_ANNEALING("constant", Constant, R"doc(The same number throughout.)doc");

FOVEA_ANNEALING("linear", Linear, R"doc(From one number to another in a straight line.

Solves    from + share (to - from), share = (step - begin) / steps, held within 0 and 1.)doc");

FOVEA_ANNEALING("exponential", Exponential, R"doc(From one number to another by equal factors.

Solves    from (to / from)^share, share = (step - begin) / steps, held within 0 and 1.
Errors    a number that is not above 0.
Source    Jang et al. 2017, arXiv:1611.01144, section 4 (temperature of the Gumbel-softmax).)doc");

FOVEA_ANNEALING("cosine", Cosine, R"doc(From one number to another along half a cosine.

Solves    to + (from - to) (1 + cos(pi share)) / 2, share = (step - begin) / steps, held within 0 and 1.)doc");

FOVEA_ANNEALING("plateau", Plateau,
                R"doc(By validation: a move towards the last number wherever the main metric no longer rises.

Solves    from + share (to - from), share = moves made / moves; a move after more than `patience` evaluations on the validation
          split in a row without a gain above `threshold`.
Errors    a run without evaluations while it trains.)doc");

}  // namespace
}  // namespace fovea
