#pragma once

#include <span>

#include "framework/core/real.h"
#include "framework/core/span.h"

// Internal to ops that read few slots of a memory: what one query does with the slots that it keeps.
namespace fovea {

/// s = factor q . k, or factor q . k / (max(|q|, epsilon) max(|k|, epsilon)).
struct ScoreRule {
  Real factor = 1;
  bool is_cosine = false;
  Real epsilon = 0;
};

/// The factor of a query, applied once, so that its scores are q . k, or q . k / max(|k|, epsilon).
Real query_factor(const ScoreRule& rule, std::span<const Real> query);

/// The score of a slot for a query without that factor.
Real score_of(const ScoreRule& rule, std::span<const Real> query, std::span<const Real> key);

/// Gradients of a query and of a key; null: not wanted.
struct PairGradients {
  Real* query = nullptr;
  Real* key = nullptr;
};

/// grad += factor * d score.
void pull_score(const ScoreRule& rule, std::span<const Real> query, std::span<const Real> key, Real factor,
                PairGradients grad);

struct ReadRow {
  Extent width = 0;             // D
  Extent value_width = 0;       // V
  const Real* query = nullptr;  // [D]
  Real sharpness = 1;
  const Real* keys = nullptr;    // [N, D]
  const Real* values = nullptr;  // [N, V]
  const Index* kept = nullptr;   // [count]
  const Real* weights = nullptr;
  Extent count = 0;
  Real* read = nullptr;                // [V]
  const Real* grad_weights = nullptr;  // [count], given
  const Real* grad_read = nullptr;     // [V], given
  Real* grad_query = nullptr;          // the others: null where not wanted
  Real* grad_keys = nullptr;           // [N, D]
  Real* grad_values = nullptr;         // [N, V]
  Real* grad_sharpness = nullptr;

  std::span<const Real> key(Extent k) const { return span_of(keys + kept[k] * width, width); }
  bool wants_scores() const { return grad_query != nullptr || grad_keys != nullptr || grad_sharpness != nullptr; }
  const Real* value(Extent k) const { return values + kept[k] * value_width; }
};

struct FoundSlots {
  const Real* scores = nullptr;
  const Index* slots = nullptr;
  Extent count = 0;
  Extent stride = 1;  // from one to the next
};

/// Slots in ascending order, each with its weight: softmax of the scores.
void put_in_order(const FoundSlots& found, Index* kept, Real* weights);

/// read = sum over kept of w_n v_n.
void read_kept(const ReadRow& row);

/// Adds to the wanted gradients, given what was read and the gradients of it and of the weights.
void pull_read(const ReadRow& row, const ScoreRule& rule);

}  // namespace fovea
