#pragma once

#include <cmath>

#include "framework/attention/estimator.h"

// Internal to estimators that look behind a choice: Gumbel noise as it must have been for this item to have won.
namespace fovea::gumbel {

/// log_probs [N] -> keys log p_i + G_i given that `chosen` has the largest: the largest is -log E_c, the others
/// -log(E_i / p_i + E_c), E exponential numbers.
/// Source    Maddison & Tarlow 2017, "Gumbel machinery"; Paulus, Maddison & Krause 2021, arXiv:2010.04838, equation 7.
inline void condition_on(std::size_t chosen, Rng& rng, Row log_probs) {
  const auto exponential = [&rng] { return -std::log(rng.uniform()); };
  const double top = exponential();
  for (std::size_t i = 0; i < log_probs.size(); ++i) {
    const double behind = i == chosen ? 0 : exponential() / std::exp(static_cast<double>(log_probs[i]));
    log_probs[i] = static_cast<Real>(-std::log(behind + top));
  }
}

/// Numbers for an estimator that are independent of those that a selector has taken from `rng`.
inline Rng apart(Rng rng) {
  static const std::uint32_t stream = stream_of("estimator");
  const std::uint64_t high = rng.bits();
  return Rng({.seed = (high << 32U) | rng.bits(), .stream = stream});
}

/// grad of softmax(keys / temperature) with the noise held: adds to grad_log_probs; `weights` [N] is free.
inline void pull_softmax(ConstRow keys, double temperature, ConstRow grad_weights, Row weights, Row grad_log_probs) {
  tempered_softmax(keys, temperature, weights);
  tempered_softmax_backward(weights, grad_weights, temperature, grad_log_probs);
}

}  // namespace fovea::gumbel
