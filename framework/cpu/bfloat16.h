#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

#include "framework/core/real.h"

namespace fovea::cpu {

/// The upper half of a float32.
using Bfloat16 = std::uint16_t;

/// To the nearest, ties to even; NaN stays NaN.
inline Bfloat16 to_bfloat16(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  const std::uint32_t rounded = bits + 0x7FFFU + ((bits >> 16U) & 1U);
  const bool is_nan = (bits & 0x7FFFFFFFU) > 0x7F800000U;
  return static_cast<Bfloat16>((is_nan ? (bits | 0x00400000U) : rounded) >> 16U);
}

inline void round_to_bfloat16(const float* from, Extent count, Bfloat16* to) {
  Extent i = 0;
#if defined(__AVX512BF16__)
  for (; i + 32 <= count; i += 32) {
    const __m512bh pair = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + i + 16), _mm512_loadu_ps(from + i));
    std::memcpy(to + i, &pair, sizeof(pair));
  }
#endif
  for (; i < count; ++i) to[i] = to_bfloat16(from[i]);
}

}  // namespace fovea::cpu
