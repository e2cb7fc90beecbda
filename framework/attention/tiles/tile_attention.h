#pragma once

#include <memory>

#include "framework/attention/tiles/pair_tiles.h"
#include "framework/cpu/gemm.h"
#include "framework/ops/checks.h"

namespace fovea {

/// Attention over the pairs of a pattern, in tiles: no [M, N] exists anywhere, neither forward nor backward.
struct TileAttention {
  PairIntervals pairs;        // of the pattern
  Extent heads = 1;           // H
  Extent item_heads = 1;      // G, a divisor of H: H / G heads of queries share the items and values of one
  double scale = 1;           // of the scores
  bool has_segments = false;  // two more inputs: a pair exists only where its query and its item share a segment
  bool has_mask = false;      // one more input, instead of segments: a pair exists only where its item has 1
  cpu::Products products = cpu::Products::kFull;  // kBf16: what is summed over pairs and widths, and no other number
};

/// Softmax attention of several heads over the pairs that exist.
///
/// Solves    s_mn = scale q_m . k_n for every pair; read_m = sum over n of v_n exp(s_mn) / sum over n of exp(s_mn), head by
///           head; 0 for a query without a pair.
/// Shapes    queries [B, M, H D], items [B, N, G D], values [B, N, G V], D and V up to 128; with segments Index [B, M] and
///           Index [B, N], where a negative one pairs with none, or a mask Index [B, N] -> read [B, M, H V].
/// Gradient  exact. With bf16 products the factors of all seven products are rounded, forward and backward, and maxima, sums
///           and what is added to gradients stay in Reals; the gradient treats the roundings as identities.
/// Errors    widths that the heads do not divide or that are above 128 a head.
/// Cost      2 + 5 products of tiles (forward, backward) over the tiles of 64 items by a panel of queries in which a pair
///           exists; memory B H M Reals besides the outputs, with bf16 products also B N G (D + V) Reals for a copy of
///           items and values that is rounded once. All cores work on one batch element.
/// Source    Dao 2023, arXiv:2307.08691, algorithms 1 and 2 (online softmax, scores computed again in backward).
OpPointer make_tile_attention(const TileAttention& options);

}  // namespace fovea
