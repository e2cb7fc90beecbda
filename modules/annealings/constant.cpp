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

FOVEA_ANNEALING("constant", Constant, R"doc(The same number throughout.

Solves    value.)doc");

}  // namespace
}  // namespace fovea
