#pragma once

#include <vector>

#include "framework/ops/checks.h"

// Ops that move elements without computing; all of them take Real and Index.
namespace fovea {

/// Extents as in ONNX: 0 keeps the extent of that axis of x, -1 (once) takes what is left.
OpPointer make_reshape(std::vector<Extent> extents);
/// Adds an axis of extent 1 before `axis` (negative: counted from the end of the result), or removes one.
OpPointer make_unsqueeze(int axis);
OpPointer make_squeeze(int axis);

/// Axis i of the result is axes[i] of x.
OpPointer make_transpose(std::vector<int> axes);

/// Joins any number of inputs along an axis.
OpPointer make_concat(int axis);

/// Elements [begin, end) of an axis; negative ones count from the end, an end past the extent is cut to it.
OpPointer make_slice(int axis, Extent begin, Extent end);
/// Inputs x, like: the first elements of an axis of x, as many as an axis of `like` has; no gradient flows to `like`.
OpPointer make_slice_like(int axis, int like_axis);

/// Inputs x [...], like [B, ...] -> x repeated, [B, ...]. The gradient is summed over B in order.
OpPointer make_expand_rows();
/// Input like [B, ...] -> zeros [B, widths...].
OpPointer make_zeros_like_rows(std::vector<Extent> widths);

}  // namespace fovea
