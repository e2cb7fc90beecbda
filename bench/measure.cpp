#include "bench/measure.h"

#include "framework/cpu/vector_math.h"

namespace fovea::bench {

double fused_multiply_adds() {
  constexpr int kChains = 12;
  constexpr int kSteps = 20000;
  cpu::Pack chains[kChains];
  for (int i = 0; i < kChains; ++i) chains[i] = cpu::broadcast(static_cast<Real>(i));
  const cpu::Pack factor = cpu::broadcast(Real(0.999));
  const cpu::Pack summand = cpu::broadcast(Real(0.001));
  for (int step = 0; step < kSteps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) chains[i] = cpu::multiply_add(chains[i], factor, summand);
  }
  Real total = 0;
  for (const cpu::Pack& chain : chains) total += cpu::sum_lanes(chain);
  if (total == Real(12345)) return 0;  // keeps the loop alive
  return 2.0 * kChains * kSteps * static_cast<double>(cpu::kPack);
}

}  // namespace fovea::bench
