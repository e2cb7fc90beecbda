#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// Temporal links of a differentiable neural computer: L_ij is how much slot i was written right after slot j.
///
/// Solves    L'_ij = (1 - w_i - w_j) L_ij + w_i p_j, and L'_ii = 0.
/// Shapes    links [B, N, N], precedence p [B, N] (of the step before), write weights w [B, N] -> new links [B, N, N].
/// Gradient  exact.
/// Cost      O(N^2) a row.
/// Source    Graves et al. 2016, Nature 538, 'Temporal memory linkage'.
OpPointer make_temporal_links();

}  // namespace fovea
