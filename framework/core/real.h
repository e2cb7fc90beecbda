#pragma once

#include <cstdint>

// Real is float in the library `fovea` and double in its twin `fovea_f64`, compiled from the same sources.
namespace fovea {

#if defined(FOVEA_F64)
using Real = double;
inline constexpr const char* kPrecision = "float64";
#else
using Real = float;
inline constexpr const char* kPrecision = "float32";
#endif

using Index = std::int32_t;   // an item, slot, word or class; also masks (1 = allowed) and flags
using Extent = std::int64_t;  // the length of an axis, a count of elements

}  // namespace fovea
