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

/// The same scores without gradient, for keys that many queries meet one after another: the exponentials of the keys are
/// made once. keys [B, N, H] -> prepared [B, N, *]; then queries [B, M, H], prepared, v [H] -> [B, M, N].
OpPointer make_additive_keys();
OpPointer make_prepared_additive_score();

/// y_mn = -|q_m - k_n|^2: queries [B, M, H], keys [B, N, H] -> [B, M, N].
OpPointer make_euclidean_score();

/// y_mn = q_m . k_n / (max(|q_m|, epsilon) max(|k_n|, epsilon)): queries [B, M, D], keys [B, N, D] -> [B, M, N]. Fused, for
/// few queries: the unit vectors are never stored, and the keys are read again for each query.
OpPointer make_cosine_score(double epsilon);

}  // namespace fovea
