#pragma once

#include "framework/graph/functions.h"
#include "framework/ops/checks.h"

namespace fovea {

/// Normal noise of one deviation on every element, in training; in evaluation the identity.
///
/// Shapes    x [B, ...] -> the same.
/// Gradient  exact: the noise is a constant.
/// Errors    a deviation below 0.
/// Cost      one normal number an element.
/// Source    Shazeer et al. 2017, arXiv:1701.06538, equation 4, with a deviation that is not learned.
OpPointer make_add_noise(double deviation);
Value add_noise(Value x, double deviation, At at = At::here());

}  // namespace fovea
