#pragma once

#include <string>

#include "framework/cpu/gemm.h"
#include "framework/graph/functions.h"

namespace fovea {

/// Feed-forward experts, all of one size: what expert_feed_forward applies to the rows that are sent to them.
struct FeedForwardExperts {
  Value w1;                         // [E, H, D]
  Value b1;                         // [E, H], or empty: none
  Value w2;                         // [E, D, H]
  Value b2;                         // [E, D], or empty: none
  std::string activation = "relu";  // or gelu, silu, tanh
  cpu::Products products = cpu::Products::kFull;
};

/// Two layers of each expert, applied to the rows that were sent to it and added by their weights; the others are not
/// computed. Any router can precede it.
///
/// Solves    y_r = sum over k of w_rk (W2_e f(W1_e x_r + b1_e) + b2_e) with e = kept_rk; e = -1 adds nothing.
/// Shapes    x [B, M, D], kept Index [B, M, K], weights [B, M, K] -> y [B, M, D].
/// Gradient  exact, to x, weights and the experts; an expert that no row was sent to, and the weight of a -1, get none.
/// Errors    shapes that do not fit; an unknown activation; an index outside of [-1, E), when run.
/// Cost      2 D H multiply-adds for each row and expert it is sent to, however unevenly: no row is padded or dropped.
/// Source    Shazeer et al. 2017, arXiv:1701.06538; without drops as in Gale et al. 2022, arXiv:2211.15841.
Value expert_feed_forward(Value x, Value kept, Value weights, const FeedForwardExperts& experts, At at = At::here());

}  // namespace fovea
