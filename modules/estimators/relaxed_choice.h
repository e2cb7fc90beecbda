#pragma once

#include <algorithm>
#include <cmath>

#include "modules/estimators/conditional_gumbel.h"

// Internal to estimators that evaluate an item three times: draw 0 chooses, draws 1 and 2 read the relaxed choices, before
// and given the choice.
namespace fovea::relaxed {

inline constexpr Extent kDraws = 3;

/// The keys log p + G that a draw relaxes, and the choice, which all draws of an item share. keys [N]
inline std::size_t make_keys(const SelectorParts& selector, ConstRow scores, const Draw& draw, Row keys) {
  Rng rng = draw.shared;
  selector.enumerable->log_probs(scores, keys);
  for (Real& key : keys) key -= static_cast<Real>(std::log(-std::log(rng.uniform())));
  const auto chosen = static_cast<std::size_t>(std::max_element(keys.begin(), keys.end()) - keys.begin());
  if (draw.index == 2) {
    selector.enumerable->log_probs(scores, keys);
    gumbel::condition_on(chosen, rng, keys);
  }
  return chosen;
}

/// One item in draw 0; all items by weight softmax(keys / temperature) in the others.
inline void choose(const SelectorParts& selector, ConstRow scores, const Draw& draw, double temperature, Choice& out) {
  const std::size_t n = scores.size();
  const Row keys = out.scratch.first(n);
  const std::size_t chosen = make_keys(selector, scores, draw, keys);
  if (draw.index == 0) {
    selector.enumerable->take(scores, static_cast<Extent>(chosen), out);
    return;
  }
  tempered_softmax(keys, temperature, out.weights.first(n));
  for (std::size_t i = 0; i < n; ++i) out.kept[i] = static_cast<Index>(i);
  out.count = static_cast<Extent>(n);
  out.log_prob = 0;
}

/// How far the keys of a draw move with the log-probabilities: keys [N] -> d key_i / d log p_i, in place. Before the
/// choice they move one to one. Given the choice, key_c = -log E_c is constant and the others are -log(E_i / p_i + E_c),
/// so that they move by the share of E_i / p_i in that sum.
inline void find_shares(const Draw& draw, std::size_t chosen, Row keys) {
  if (draw.index != 2) {
    std::fill(keys.begin(), keys.end(), Real(1));
    return;
  }
  const double top = std::exp(-static_cast<double>(keys[chosen]));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const double sum = std::exp(-static_cast<double>(keys[i]));
    keys[i] = i == chosen ? Real(0) : static_cast<Real>(std::clamp(1 - top / sum, 0.0, 1.0));
  }
}

}  // namespace fovea::relaxed
