#include <cmath>

#include "modules/annealings/ramp.h"

namespace fovea {
namespace {

class Exponential final : public Ramp {
 public:
  void check() const override {
    if (from_ > 0 && to_ > 0) return;
    throw Error("from and to above 0 were expected; one of them is not; use linear to reach 0.");
  }

 private:
  double between(double share) const override { return from_ * std::pow(to_ / from_, share); }
};

FOVEA_ANNEALING("exponential", Exponential, R"doc(From one number to another by equal factors.

Solves    from (to / from)^share, share = (step - begin) / steps, limited to [0, 1].
Errors    a number that is not above 0.
Source    Jang et al. 2017, arXiv:1611.01144, section 4 (temperature of the Gumbel-softmax).)doc");

}  // namespace
}  // namespace fovea
