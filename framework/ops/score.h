#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// Scores of queries and keys through a layer of tanh units, fused: the [B, M, N, H] units are never stored.
///
/// Solves    y_mn = sum over h of v_h tanh(q_mh + k_nh).
/// Shapes    queries [B, M, H], keys [B, N, H], v [H] -> [B, M, N].
/// Gradient  exact; the units are computed again.
/// Cost      with E = exp(2 q), F = exp(2 k) made once, tanh(q + k) = 1 - 2 / (E F + 1): a product, a reciprocal and
///           four sums for each unit.
/// Source    Bahdanau et al. 2015, arXiv:1409.0473.
OpPointer make_additive_score();

/// y_mn = -|q_m - k_n|^2: queries [B, M, H], keys [B, N, H] -> [B, M, N].
OpPointer make_euclidean_score();

}  // namespace fovea
