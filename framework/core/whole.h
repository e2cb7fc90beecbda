#pragma once

#include <cmath>
#include <limits>

#include "framework/core/real.h"

// Whole numbers that stop at the ends of their range: an option may say "no limit" by the largest number.
namespace fovea {

constexpr Extent kLargestWhole = std::numeric_limits<Extent>::max();
constexpr Extent kSmallestWhole = std::numeric_limits<Extent>::min();

constexpr Extent capped_sum(Extent a, Extent b) {
  Extent sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a > 0 ? kLargestWhole : kSmallestWhole;
}

constexpr Extent capped_product(Extent a, Extent b) {
  Extent product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) return product;
  return (a > 0) == (b > 0) ? kLargestWhole : kSmallestWhole;
}

/// The parts of this size that `whole` >= 0 falls into, the last of which may be smaller.
constexpr Extent parts_of(Extent whole, Extent size) { return whole / size + (whole % size == 0 ? 0 : 1); }

/// The nearest whole number; NaN is 0.
inline Extent nearest_whole(double value) {
  constexpr double kEnd = 9223372036854775808.0;  // 2^63
  if (std::isnan(value)) return 0;
  if (value >= kEnd) return kLargestWhole;
  return value <= -kEnd ? kSmallestWhole : static_cast<Extent>(std::llround(value));
}

}  // namespace fovea
