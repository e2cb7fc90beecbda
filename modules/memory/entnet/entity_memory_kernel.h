#pragma once

#include <algorithm>
#include <cmath>

#include "framework/cpu/packs.h"

// Internal to entity_memory.cpp: what happens to one slot at one sentence. All rows are `width` Reals.
namespace fovea {

inline constexpr Real kLeastNorm = Real(1e-8);

// s . (h + key)
inline Real gate_score(const Real* sentence, const Real* state, const Real* key, Extent width) {
  Pack total{};
  for_packs(width, [&](Extent i, auto lanes) {
    total = cpu::multiply_add(lanes.load(sentence + i), lanes.load(state + i) + lanes.load(key + i), total);
  });
  return cpu::sum_lanes(total);
}

inline Pack prelu(Pack x, Pack slope) { return x > Pack{} ? x : slope * x; }

/// What a slot is written with.
struct SlotUpdate {
  const Real* state = nullptr;
  const Real* key_term = nullptr;
  const Real* sentence_term = nullptr;
  Real gate = 0;
  Real slope = 0;
};

// inner += key_term + sentence_term;  after = state + gate prelu(inner), divided by its norm, which is returned
inline Real update_slot(const SlotUpdate& x, Real* inner, Real* after, Extent width) {
  Pack squares{};
  const Pack gate = cpu::broadcast(x.gate);
  const Pack slope = cpu::broadcast(x.slope);
  for_packs(width, [&](Extent i, auto lanes) {
    const Pack sum = lanes.load(inner + i) + (lanes.load(x.key_term + i) + lanes.load(x.sentence_term + i));
    const Pack raw = cpu::multiply_add(gate, prelu(sum, slope), lanes.load(x.state + i));
    lanes.store(inner + i, sum);
    lanes.store(after + i, raw);
    squares = cpu::multiply_add(raw, raw, squares);
  });
  const Real norm = std::max(std::sqrt(cpu::sum_lanes(squares)), kLeastNorm);
  const Pack factor = cpu::broadcast(1 / norm);
  for_packs(width, [&](Extent i, auto lanes) { lanes.store(after + i, lanes.load(after + i) * factor); });
  return norm;
}

/// What the gradient of that needs, as left by forward.
struct SlotRead {
  const Real* inner = nullptr;
  const Real* after = nullptr;
  Real gate = 0;
  Real norm = 0;
  Real slope = 0;
};

/// Sums of gradients that several slots add to.
struct SlotSums {
  Real* key_term = nullptr;
  Real* sentence_term = nullptr;
  Pack slope{};
};

// after = raw / norm, raw = state + gate prelu(inner)
// grad_raw = (grad_after - after (after . grad_after)) / norm;   grad_inner = gate grad_raw prelu'(inner)
// `grad` holds grad_after and then grad_raw, which is the gradient of the state by the sum; returns that of the gate.
inline Real update_slot_backward(const SlotRead& x, Real* grad, Real* grad_inner, SlotSums& sums, Extent width) {
  Pack along{};
  if (x.norm > kLeastNorm) {
    for_packs(width, [&](Extent i, auto lanes) {
      along = cpu::multiply_add(lanes.load(x.after + i), lanes.load(grad + i), along);
    });
  }
  const Pack shared = cpu::broadcast(cpu::sum_lanes(along));
  const Pack factor = cpu::broadcast(1 / x.norm);
  const Pack gate = cpu::broadcast(x.gate);
  const Pack slope = cpu::broadcast(x.slope);
  Pack grad_gate{};
  for_packs(width, [&](Extent i, auto lanes) {
    const Pack raw = (lanes.load(grad + i) - lanes.load(x.after + i) * shared) * factor;
    const Pack inner = lanes.load(x.inner + i);
    const Pack grad_new = gate * raw;
    const Pack result = inner > Pack{} ? grad_new : slope * grad_new;
    grad_gate = cpu::multiply_add(raw, prelu(inner, slope), grad_gate);
    sums.slope += inner > Pack{} ? Pack{} : grad_new * inner;
    lanes.store(grad + i, raw);
    lanes.store(grad_inner + i, result);
    put<false>(lanes, sums.key_term + i, result);
    put<false>(lanes, sums.sentence_term + i, result);
  });
  return cpu::sum_lanes(grad_gate);
}

/// What the score of a gate is made of.
struct ScoreInputs {
  const Real* sentence;
  const Real* state;
  const Real* key;
};

/// Where the gradient of the score of a gate goes.
struct ScoreGradients {
  Real* state = nullptr;
  Real* key = nullptr;
  Real* sentence = nullptr;
};

// score = s . (h + key)  =>  grad_h += grad s,  grad_key += grad s,  grad_s += grad (h + key)
inline void gate_score_backward(const ScoreInputs& x, Real grad, const ScoreGradients& to, Extent width) {
  const Pack factor = cpu::broadcast(grad);
  for_packs(width, [&](Extent i, auto lanes) {
    const Pack of_state = factor * lanes.load(x.sentence + i);
    put<false>(lanes, to.state + i, of_state);
    put<false>(lanes, to.key + i, of_state);
    put<false>(lanes, to.sentence + i, factor * (lanes.load(x.state + i) + lanes.load(x.key + i)));
  });
}

}  // namespace fovea
