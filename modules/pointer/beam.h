#pragma once

#include <vector>

#include "framework/graph/builder.h"
#include "modules/pointer/pick.h"

// Beam search as ops without a gradient. Axis letters: B batch, W beams, M steps, N items.
namespace fovea::pointer {

/// One step: the W best continuations of W beams, best first.
///
/// Solves    the W largest of total_w + log softmax(scores_w)_n over live beams w and allowed items n. A beam is live while
///           its total is above the lowest Real; a live beam with nothing allowed continues with item -1 at its own total.
/// Shapes    scores [B, W, N], mask Index [B, W, N], totals [B, W]
///           -> parent Index [B, W], item Index [B, W], totals [B, W], remaining Index [B, W, N].
///           Where fewer than W continuations exist, the rest are dead: parent 0, item -1, total the lowest Real.
/// Ties      to the lowest beam, then to the lowest item.
struct Expanded {
  Value parent;
  Value item;
  Value totals;
  Value remaining;
};
Expanded beam_expand(Value scores, Value mask, Value totals, Use use, At at = At::here());

/// The totals before the first step: 0 for beam 0 and the lowest Real for the others. like [B, ...] -> [B, W].
Value first_totals(Value like, Extent beams, At at = At::here());

/// The items of the best beam: parents and items Index [M, B, W] -> Index [B, M].
Value beam_backtrack(Value parents, Value items, At at = At::here());

}  // namespace fovea::pointer
