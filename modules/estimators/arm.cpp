#include "modules/estimators/antithetic.h"

namespace fovea {
namespace {

class Arm final : public antithetic::Antithetic {
 protected:
  double slope(const antithetic::Pair& pair) const override { return pair.uniform - 0.5; }
};

FOVEA_ESTIMATOR("arm", Arm, R"doc(ARM: binary choices, in pairs from one uniform number (augment, REINFORCE, merge).

Approximates  d E[cost] / d scores, the expectation over the sampled choices of all sites that use it.
With          (cost(b) - cost(b')) (u - 1/2) for the logit, b = [u > sigmoid(-logit)], b' = [u < sigmoid(logit)].
Requires      a selector whose choices can be enumerated, at sites of two candidates, any number of them.
Bias          none.
Cost          2 evaluations of each item.
Source        Yin & Zhou 2019, arXiv:1807.11143.)doc");

}  // namespace
}  // namespace fovea
