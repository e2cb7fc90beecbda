#pragma once

#include "framework/ops/checks.h"

namespace fovea {

enum class Binary : std::uint8_t { kAdd, kSubtract, kMultiply, kDivide };

/// y = a (+ - * /) b with shapes broadcast as in numpy: aligned at the last axis, an extent of 1 is repeated.
/// A gradient is summed over the axes along which its input was repeated, in the order of the elements.
OpPointer make_binary(Binary function);

}  // namespace fovea
