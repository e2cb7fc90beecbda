#include <cmath>

#include "modules/estimators/antithetic.h"

namespace fovea {
namespace {

class Disarm final : public antithetic::Antithetic {
 protected:
  double slope(const antithetic::Pair& pair) const override {
    if (pair.first == pair.second) return 0;
    return (pair.second ? -0.5 : 0.5) * antithetic::sigmoid(std::abs(pair.logit));
  }
};

FOVEA_ESTIMATOR("disarm", Disarm, R"doc(DisARM: ARM with the uniform number integrated out.

Approximates  d E[cost] / d scores, the expectation over the sampled choices of all sites that use it.
With          (cost(b) - cost(b')) (-1)^b' [b != b'] sigmoid(|logit|) / 2 for the logit, b and b' as in arm.
Requires      a selector whose choices can be enumerated, at sites of two candidates, any number of them.
Bias          none; its variance is never above that of arm.
Cost          2 evaluations of each item.
Source        Dong, Mnih & Tucker 2020, arXiv:2006.10680; found independently by Yin et al. 2020 (unbiased U2G).)doc");

}  // namespace
}  // namespace fovea
