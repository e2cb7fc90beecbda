#pragma once

#include "framework/graph/functions.h"

namespace fovea {

/// Linear layers of several experts, each applied to the rows that were sent to it; the others are not computed.
///
/// Solves    y_rk = W_e x_r + b_e with e = kept_rk, or W_e x_rk + b_e where x has a row for each expert of r; 0 where e =
///           -1.
/// Shapes    x [B, M, D] or [B, M, K, D], kept Index [B, M, K], weight [E, O, D], bias [E, O] -> [B, M, K, O].
/// Gradient  exact; weights that no row was sent to get none.
/// Errors    shapes that do not fit; an index outside of [-1, E), when run.
/// Cost      B M K D O multiply-adds, whatever the number of experts; rows of one expert follow each other.
/// Source    Shazeer et al. 2017, arXiv:1701.06538.
Value expert_linear(Value x, Value kept, Value weight, Value bias, At at = At::here());

}  // namespace fovea
