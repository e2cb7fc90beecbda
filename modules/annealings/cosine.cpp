#include <cmath>
#include <numbers>

#include "modules/annealings/ramp.h"

namespace fovea {
namespace {

class Cosine final : public Ramp {
  double between(double share) const override {
    return to_ + (from_ - to_) * 0.5 * (1 + std::cos(std::numbers::pi * share));
  }
};

FOVEA_ANNEALING("cosine", Cosine, R"doc(From one number to another along half a cosine.

Solves    to + (from - to) (1 + cos(pi share)) / 2, share = (step - begin) / steps, limited to [0, 1].
Source    Loshchilov and Hutter 2017, arXiv:1608.03983, equation 5, without restarts.)doc");

}  // namespace
}  // namespace fovea
