#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "framework/attention/estimator.h"
#include "framework/cpu/row_math.h"

// Internal to estimators that look back from a choice: Gumbel noise, given that this item has won.
namespace fovea::gumbel {

/// Numbers that are worked on together, on the stack.
inline constexpr std::size_t kBlock = 512;
inline constexpr std::size_t kPack = 8;  // fewer numbers would leave the row functions idle

/// log_probs [N] -> keys log p_i + G_i given that `chosen` has the largest: the largest is -log E_c, the others
/// -log(E_i / p_i + E_c), E exponential numbers.
/// Source    Maddison & Tarlow 2017, "Gumbel machinery"; Paulus, Maddison & Krause 2021, arXiv:2010.04838, equation 7.
inline void condition_on(std::size_t chosen, Rng& rng, Row log_probs) {
  const auto exponential = [&rng] { return static_cast<Real>(-std::log(rng.uniform())); };
  const Real top = exponential();
  if (log_probs.size() < kPack) {
    for (Real& key : log_probs) key = -std::log(exponential() * std::exp(-key) + top);
    log_probs[chosen] = -std::log(top);
    return;
  }
  std::array<Real, kBlock> block;
  for (std::size_t begin = 0; begin < log_probs.size(); begin += kBlock) {
    const Row keys = log_probs.subspan(begin, std::min(kBlock, log_probs.size() - begin));
    const Row noise(block.data(), keys.size());
    rng.fill_uniform(noise);
    cpu::log(noise, noise);  // -E_i
    cpu::scale(-1, keys);
    cpu::exp(keys, keys);
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = top - noise[i] * keys[i];
    cpu::log(keys, keys);
    cpu::scale(-1, keys);
  }
  log_probs[chosen] = -std::log(top);
}

/// Numbers for an estimator that are independent of those that a selector takes from `rng`.
inline Rng apart(Rng rng) {
  static const std::uint32_t stream = stream_of("estimator");
  const std::uint64_t high = rng.bits();
  return Rng({.seed = (high << 32U) | rng.bits(), .stream = stream});
}

/// grad of softmax(keys / temperature) with the noise held: adds to grad_log_probs; `weights` [N] is scratch.
inline void pull_softmax(ConstRow keys, double temperature, ConstRow grad_weights, Row weights, Row grad_log_probs) {
  tempered_softmax(keys, temperature, weights);
  tempered_softmax_backward(weights, grad_weights, temperature, grad_log_probs);
}

}  // namespace fovea::gumbel
