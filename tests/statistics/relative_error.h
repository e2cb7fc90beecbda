#pragma once

#include <cmath>
#include <limits>
#include <optional>

namespace fovea::testing {

/// |value - expected| / |expected|, or |value| where 0 is expected; infinity where the value is missing.
inline double relative_error(std::optional<double> value, double expected) {
  if (!value) return std::numeric_limits<double>::infinity();
  return std::abs(*value - expected) / (expected == 0 ? 1 : std::abs(expected));
}

inline constexpr double kLimit = 1e-12;
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace fovea::testing
