#pragma once

#include <algorithm>

#include "framework/anneal/annealing.h"

// Internal to linear, exponential and cosine.
namespace fovea {

/// Goes from one value to another in a number of steps, after a number of steps at the first value.
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
    const Extent done = step - begin_;
    if (done >= length) return to_;
    return between(static_cast<double>(done) / static_cast<double>(length));
  }
  Bounds range() const final { return {std::min(from_, to_), std::max(from_, to_)}; }

 protected:
  /// The value after a share in (0, 1) of the change.
  virtual double between(double share) const = 0;
  double from_ = 1;
  double to_ = 0.1;

 private:
  Extent steps_ = 0;
  Extent begin_ = 0;
};

}  // namespace fovea
