#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/anneal/annealing.h"

namespace fovea {
namespace {

class Decay final : public Annealing {
 public:
  void fields(Options& options) override {
    options.add("factor", factor_, "factor over `every` steps, in (0, 1]",
                {.low = std::numeric_limits<double>::min(), .high = 1});
    options.add("every", every_, "steps for one factor, >= 1", {.low = 1});
    options.add("from", from_, "value at the start");
  }
  double value(Extent step, Extent /*steps*/) const override {
    return from_ * std::pow(factor_, static_cast<double>(step) / static_cast<double>(every_));
  }
  Bounds range() const override { return {std::min(from_, 0.0), std::max(from_, 0.0)}; }

 private:
  double factor_ = 0.96;
  Extent every_ = 1000;
  double from_ = 1;
};

FOVEA_ANNEALING("decay", Decay, R"doc(Falls smoothly and without end, by a factor over `every` steps.

Solves    from factor^(step / every).)doc");

}  // namespace
}  // namespace fovea
