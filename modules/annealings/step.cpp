#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/anneal/annealing.h"

namespace fovea {
namespace {

class Step final : public Annealing {
 public:
  void fields(Options& options) override {
    options.add("every", every_, "steps between two changes, >= 1", {.low = 1});
    options.add("factor", factor_, "each change multiplies by it, in (0, 1]",
                {.low = std::numeric_limits<double>::min(), .high = 1});
    options.add("from", from_, "value at the start");
  }
  double value(Extent step, Extent /*steps*/) const override {
    return from_ * std::pow(factor_, static_cast<double>(step / every_));
  }
  Bounds range() const override { return {std::min(from_, 0.0), std::max(from_, 0.0)}; }

 private:
  Extent every_ = 1000;
  double factor_ = 0.1;
  double from_ = 1;
};

FOVEA_ANNEALING("step", Step, R"doc(Falls by a factor at equal intervals.

Solves    from factor^floor(step / every).)doc");

}  // namespace
}  // namespace fovea
