#include "modules/annealings/ramp.h"

namespace fovea {
namespace {

class Linear final : public Ramp {
  double between(double share) const override { return from_ + share * (to_ - from_); }
};

FOVEA_ANNEALING("linear", Linear, R"doc(From one number to another in a straight line.

Solves    from + share (to - from), share = (step - begin) / steps, limited to [0, 1].)doc");

}  // namespace
}  // namespace fovea
