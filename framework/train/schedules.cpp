#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/train/schedule.h"

namespace fovea {
namespace {

class Constant final : public Schedule {
 public:
  double factor(Extent, Extent) const override { return 1; }
};

class Step final : public Schedule {
 public:
  void fields(Options& options) override {
    options.add("every", every_, "steps between two falls, >= 1", {.low = 1});
    options.add("factor", factor_, "what each fall multiplies by, > 0", {.low = std::numeric_limits<double>::min()});
  }
  double factor(Extent step, Extent) const override { return std::pow(factor_, static_cast<double>(step / every_)); }

 private:
  Extent every_ = 1000;
  double factor_ = 0.1;
};

class Exponential final : public Schedule {
 public:
  void fields(Options& options) override {
    options.add("factor", factor_, "what `every` steps multiply by, > 0", {.low = std::numeric_limits<double>::min()});
    options.add("every", every_, "steps for one factor, >= 1", {.low = 1});
  }
  double factor(Extent step, Extent) const override {
    return std::pow(factor_, static_cast<double>(step) / static_cast<double>(every_));
  }

 private:
  double factor_ = 0.96;
  Extent every_ = 1000;
};

class Cosine final : public Schedule {
 public:
  void fields(Options& options) override {
    options.add("final", final_, "factor at the end, in [0, 1]", {.low = 0, .high = 1});
    options.add("steps", steps_, "length of the fall, >= 0; 0: the steps of the run", {.low = 0});
  }
  double factor(Extent step, Extent steps) const override {
    const double length = static_cast<double>(std::max<Extent>(1, steps_ > 0 ? steps_ : steps));
    const double done = std::min(1.0, static_cast<double>(step) / length);
    return final_ + (1.0 - final_) * 0.5 * (1.0 + std::cos(std::numbers::pi * done));
  }

 private:
  double final_ = 0;
  Extent steps_ = 0;
};

class WarmUp final : public Schedule {
 public:
  void fields(Options& options) override { options.add("steps", steps_, "length of the rise, >= 1", {.low = 1}); }
  double factor(Extent step, Extent) const override {
    return std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(steps_));
  }

 private:
  Extent steps_ = 100;
};

class Plateau final : public Schedule {
 public:
  void fields(Options& options) override {
    options.add("factor", factor_, "what each fall multiplies by, in (0, 1]",
                {.low = std::numeric_limits<double>::min(), .high = 1});
    options.add("patience", patience_, "evaluations without a better metric that are let pass, >= 0", {.low = 0});
    options.add("threshold", threshold_, "gain of the metric that counts as better, >= 0", {.low = 0});
  }
  double factor(Extent, Extent) const override { return state_[kFactor]; }
  bool needs_metric() const override { return true; }
  void observe(double metric) override {
    if (metric > state_[kBest] + threshold_) {
      state_[kBest] = metric;
      state_[kWaited] = 0;
      return;
    }
    state_[kWaited] += 1;
    if (state_[kWaited] <= static_cast<double>(patience_)) return;
    state_[kFactor] *= factor_;
    state_[kWaited] = 0;
  }
  std::span<double> state() override { return state_; }

 private:
  enum { kBest, kWaited, kFactor };
  double factor_ = 0.1;
  Extent patience_ = 10;
  double threshold_ = 1e-4;
  std::array<double, 3> state_{-std::numeric_limits<double>::infinity(), 0, 1};
};

FOVEA_SCHEDULE("constant", Constant, R"doc(The learning rate as it is: a factor of 1.)doc");

FOVEA_SCHEDULE("step", Step, R"doc(Falls by a factor at equal distances.

Solves    factor^floor(step / every).)doc");

FOVEA_SCHEDULE("exponential", Exponential, R"doc(Falls smoothly, by a factor over `every` steps.

Solves    factor^(step / every).)doc");

FOVEA_SCHEDULE("cosine", Cosine, R"doc(Falls along half a cosine to its final value, and stays there.

Solves    final + (1 - final) (1 + cos(pi step / steps)) / 2.
Source    Loshchilov and Hutter 2017, arXiv:1608.03983, equation 5, without restarts.)doc");

FOVEA_SCHEDULE("warmup", WarmUp, R"doc(Rises in a straight line to 1; multiply it with another schedule.

Solves    min(1, (step + 1) / steps).)doc");

FOVEA_SCHEDULE("plateau", Plateau, R"doc(Falls by a factor where the main metric of the validation split no longer rises.

Solves    after more than `patience` evaluations in a row without a gain above `threshold`, multiply by `factor`.
Errors    a run without evaluations while it trains.)doc");

}  // namespace
}  // namespace fovea
