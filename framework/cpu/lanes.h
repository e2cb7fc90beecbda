#pragma once

#include "framework/cpu/vector_math.h"

// Internal to kernels: the lanes of a pack as a set of bits, and packs that are squeezed to some of their lanes.
namespace fovea::cpu {

/// Bit i: a[i] > b[i].
inline std::uint32_t lanes_above(Pack a, Pack b) {
#if defined(__AVX512F__) && !defined(FOVEA_F64)
  return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
#elif defined(__AVX512F__)
  return _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ);
#elif defined(__AVX__) && !defined(FOVEA_F64)
  return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ)));
#elif defined(__AVX__)
  return static_cast<std::uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_GT_OQ)));
#else
  std::uint32_t lanes = 0;
  for (Extent i = 0; i < kPack; ++i) lanes |= static_cast<std::uint32_t>(a[i] > b[i]) << i;
  return lanes;
#endif
}

/// Bits 0 .. count - 1, count <= kPack.
inline std::uint32_t first_lanes(Extent count) { return (1U << count) - 1U; }

/// The first `count` < kPack elements, `rest` behind them.
inline Pack load_part_or(const Real* from, Extent count, Real rest) {
  Pack lane_numbers;
  for (Extent i = 0; i < kPack; ++i) lane_numbers[i] = static_cast<Real>(i);
  return lane_numbers < broadcast(static_cast<Real>(count)) ? load_part(from, count) : broadcast(rest);
}

/// Writes the lanes of `values` whose bit is set, in order and side by side, and `first` + their number; returns how many.
/// Nothing behind them is written. `to` may be where `values` came from, or before it.
inline Extent squeeze(std::uint32_t lanes, Pack values, Index first, Real* to, Index* numbers) {
  const Extent count = __builtin_popcount(lanes);
#if defined(__AVX512F__) && defined(__AVX512VL__) && !defined(FOVEA_F64)
  const auto chosen = static_cast<__mmask16>(lanes);
  const __m512i lane_numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const auto room = static_cast<__mmask16>(first_lanes(count));
  _mm512_mask_storeu_ps(to, room, _mm512_maskz_compress_ps(chosen, values));
  _mm512_mask_storeu_epi32(numbers, room,
                           _mm512_maskz_compress_epi32(chosen, _mm512_add_epi32(lane_numbers, _mm512_set1_epi32(first))));
#else
  for (; lanes != 0; lanes &= lanes - 1) {
    const int lane = __builtin_ctz(lanes);
    *to++ = values[lane];
    *numbers++ = first + lane;
  }
#endif
  return count;
}

namespace detail {
template <class Vector, class Function, int... kLane>
Real fold_halves(Vector pack, Function function, std::integer_sequence<int, kLane...>) {
  constexpr int kHalf = sizeof...(kLane);
  const auto low = __builtin_shufflevector(pack, pack, kLane...);
  const auto high = __builtin_shufflevector(pack, pack, (kLane + kHalf)...);
  const auto folded = function(low, high);
  if constexpr (kHalf == 1) {
    return folded[0];
  } else {
    return fold_halves(folded, function, std::make_integer_sequence<int, kHalf / 2>());
  }
}
}  // namespace detail

inline Real largest_lane(Pack pack) {
  const auto larger_of = [](auto a, auto b) { return b > a ? b : a; };
  return detail::fold_halves(pack, larger_of, std::make_integer_sequence<int, kPack / 2>());
}

inline Real smallest_lane(Pack pack) {
  const auto smaller_of = [](auto a, auto b) { return b < a ? b : a; };
  return detail::fold_halves(pack, smaller_of, std::make_integer_sequence<int, kPack / 2>());
}

}  // namespace fovea::cpu
