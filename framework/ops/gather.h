#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// Rows of a table: indices Index [...], weight [V, D] -> [..., D]. The gradient is added row by row in the order of the
/// indices, so its bits are fixed.
/// Errors    an index outside of [0, V), when run.
OpPointer make_embedding();

/// Items of each batch row: items [B, N, D], indices Index [B, M] (or [B]) -> [B, M, D] (or [B, D]); -1 gives zeros.
/// Errors    an index outside of [-1, N), when run.
OpPointer make_gather_items();

/// Values of kept items put in their places: values [B, M, K], kept Index [B, M, K], like [B, N, ...] -> [B, M, N], zero
/// where nothing was kept; -1 is skipped, an item that was kept twice gets the sum.
/// Errors    an index outside of [-1, N), when run.
OpPointer make_scatter_items();

/// x [R, ...], indices Index [S] -> [S, ...].
/// Errors    an index outside of [0, R), when run.
OpPointer make_gather_rows();

}  // namespace fovea
