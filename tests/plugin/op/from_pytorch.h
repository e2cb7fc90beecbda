#pragma once

#include "framework/graph/functions.h"

// The worked pairs of docs/from_pytorch.md.
namespace fovea {

/// Self-attention with a residual: x [B, N, D], mask Index [B, N], 1 = there is an item -> [B, N, D].
Value reader(Builder& b, Value x, Value mask, Extent heads);

/// Reads the k best items straight through: queries [B, M, D], keys [B, N, D], values [B, N, V] -> [B, M, V].
Value read_top_k(Builder& b, Value queries, Value keys, Value values, Extent k);
/// The same, written out as one would in PyTorch.
Value read_top_k_by_hand(Builder& b, Value queries, Value keys, Value values, Extent k);

}  // namespace fovea
