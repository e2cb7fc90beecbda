#pragma once

#include "framework/ops/checks.h"

namespace fovea {

enum class Reduction : std::uint8_t { kSum, kMean };

/// The sum or mean along an axis, which is removed. Sums have a fixed order.
OpPointer make_reduce(Reduction reduction, int axis);

/// [B, ...] -> [B]: the sum or mean of each row.
OpPointer make_reduce_rows(Reduction reduction);

}  // namespace fovea
