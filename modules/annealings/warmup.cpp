#include <algorithm>

#include "framework/anneal/annealing.h"

namespace fovea {
namespace {

class WarmUp final : public Annealing {
 public:
  void fields(Options& options) override { options.add("steps", steps_, "length of the rise, >= 1", {.low = 1}); }
  double value(Extent step, Extent /*steps*/) const override {
    return std::min(1.0, (static_cast<double>(step) + 1) / static_cast<double>(steps_));
  }
  Bounds range() const override { return {1 / static_cast<double>(steps_), 1}; }

 private:
  Extent steps_ = 100;
};

FOVEA_ANNEALING("warmup", WarmUp, R"doc(Rises in a straight line to 1; a schedule multiplies it with another annealing.

Solves    min(1, (step + 1) / steps).)doc");

}  // namespace
}  // namespace fovea
