#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// Allocation of a differentiable neural computer: weights for writing to the slots that are used least.
///
/// Solves    with the slots sorted by usage, least first (ties by index), a_s(j) = (1 - u_s(j)) prod over i < j of u_s(i).
/// Shapes    usage [B, N] in [0, 1] -> allocation [B, N], whose sum is 1 minus the product of all usages.
/// Gradient  exact for a fixed order of the slots, as in the paper; undefined where the order of two usages changes.
/// Cost      O(N log N) a row, N Indices and N Reals of scratch.
/// Source    Graves et al. 2016, Nature 538, 'Dynamic memory allocation', equation 1.
OpPointer make_allocation();

}  // namespace fovea
