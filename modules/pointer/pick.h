#pragma once

#include "framework/graph/builder.h"

// What a pointer decoder does besides its products: inputs and masks known from the targets in training, and the choice of
// one item in evaluation. Axis letters: B batch, M outputs, N items, D width.
namespace fovea::pointer {

/// The inputs of a decoder under teacher forcing: step 0 reads `start`, step m the item of target m - 1.
///
/// Shapes    items [B, N, D], start [D], targets Index [B, M] in [-1, N) -> [M, B, D]; a target of -1 gives zeros.
/// Gradient  exact, to items and start.
Value teacher_inputs(Value items, Value start, Value targets, At at = At::here());

/// Whether an item that was chosen may be chosen again.
enum class Use : std::uint8_t { kOnce, kAnyTimes };

/// Which items are still free before each step: targets Index [B, M], items [B, N, ...] -> Index [B, M, N], 1 = allowed.
Value free_before(Value targets, Value items, Use use, At at = At::here());

/// How well scores point at the targets, for metrics: no gradient.
///
/// Shapes    scores [B, M, N], mask Index [B, M, N], targets Index [B, M] -> sequence [B] (1 or 0), element [B] in [0, 1].
struct Accuracy {
  Value sequence;
  Value element;
};
Accuracy pointing_accuracy(Value scores, Value mask, Value targets, At at = At::here());

/// The greedy choice of one step: the best allowed item, ties to the lowest position. No gradient.
///
/// Shapes    scores [B, ..., N] with B N elements, mask Index [B, N] -> chosen Index [B], log_prob [B] (of the softmax over
///           allowed items), remaining Index [B, N]: the mask, without the chosen item where `use` is kOnce.
///           A row with nothing allowed gives -1 and log_prob 0.
struct Picked {
  Value chosen;
  Value log_prob;
  Value remaining;
};
Picked pick_item(Value scores, Value mask, Use use, At at = At::here());

}  // namespace fovea::pointer
