#pragma once

#include "framework/ops/checks.h"

// Ops that make or read indices and masks; no gradient passes them.
namespace fovea {

/// Index [...] -> Real [..., V] with 1 at the index; -1 gives zeros. With classes 0 there is a second input, and V is the
/// extent of its last axis.
/// Errors    an index outside of [-1, V), when run.
OpPointer make_one_hot(Extent classes);

/// mask Index [B, N], index Index [B] -> the mask with that item cleared; -1 clears none.
OpPointer make_mark_used();

/// x [..., N] -> Index [...]: the largest, ties to the lowest index. A second input is a mask Index of the same shape;
/// -1 where nothing is allowed (or N is 0).
OpPointer make_argmax();

/// Index a, b of one shape -> Real, 1 where they are equal.
OpPointer make_equal();

/// Index a [B, M], b [B, N] -> Index [B, M, N], 1 where they are equal and not negative.
OpPointer make_same_segment();

/// Index -> Real of the same shape.
OpPointer make_to_real();

/// Index of the first `axes` extents of the input, every element `value`.
OpPointer make_full_index(int axes, Index value);

}  // namespace fovea
