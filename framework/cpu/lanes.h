#pragma once

#include <cmath>

#include "framework/cpu/vector_math.h"

// Internal to kernels: the lanes of a pack as a set of bits, and packs that are squeezed to some of their lanes.
namespace fovea::cpu {

// A condition on each lane: a mask register where the machine has some, else all bits of the lane.
#if defined(__AVX512F__)
#if defined(FOVEA_F64)
using Lanes = __mmask8;
inline Lanes above(Pack a, Pack b) { return _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ); }
inline Lanes undefined(Pack a) { return _mm512_cmp_pd_mask(a, a, _CMP_UNORD_Q); }
inline Pack where(Lanes lanes, Pack yes, Pack no) { return _mm512_mask_blend_pd(lanes, no, yes); }
#else
using Lanes = __mmask16;
inline Lanes above(Pack a, Pack b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
inline Lanes undefined(Pack a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
inline Pack where(Lanes lanes, Pack yes, Pack no) { return _mm512_mask_blend_ps(lanes, no, yes); }
#endif
inline std::uint32_t bits(Lanes lanes) { return lanes; }
#else
using Lanes = decltype(Pack{} > Pack{});
inline Lanes above(Pack a, Pack b) { return a > b; }
inline Lanes undefined(Pack a) { return a != a; }
inline Pack where(Lanes lanes, Pack yes, Pack no) { return lanes ? yes : no; }
inline std::uint32_t bits(Lanes lanes) {
  std::uint32_t set = 0;
  for (Extent i = 0; i < kPack; ++i) set |= static_cast<std::uint32_t>(lanes[i] & 1) << i;
  return set;
}
#endif

/// The lanes whose bit is set.
inline Lanes lanes_of(std::uint64_t set) {
#if defined(__AVX512F__)
  return static_cast<Lanes>(set);
#else
  Lanes lanes{};
  for (Extent i = 0; i < kPack; ++i) lanes[i] = (set >> i & 1) != 0 ? -1 : 0;
  return lanes;
#endif
}

/// Bits 0 .. count - 1, count <= kPack.
inline std::uint32_t first_lanes(Extent count) { return (1U << count) - 1U; }

/// The first `count` < kPack elements, then `rest`.
inline Pack load_part_or(const Real* from, Extent count, Real rest) {
  Pack lane_numbers;
  for (Extent i = 0; i < kPack; ++i) lane_numbers[i] = static_cast<Real>(i);
  return lane_numbers < broadcast(static_cast<Real>(count)) ? load_part(from, count) : broadcast(rest);
}

/// Writes the lanes of `values` whose bit is set, in order and side by side; returns how many. Nothing after them is
/// written.
inline Extent squeeze(std::uint32_t lanes, Pack values, Real* to) {
  const Extent count = __builtin_popcount(lanes);
#if defined(__AVX512F__) && !defined(FOVEA_F64)
  const __m512 squeezed = _mm512_maskz_compress_ps(static_cast<__mmask16>(lanes), values);
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>(first_lanes(count)), squeezed);
#elif defined(__AVX512F__)
  const __m512d squeezed = _mm512_maskz_compress_pd(static_cast<__mmask8>(lanes), values);
  _mm512_mask_storeu_pd(to, static_cast<__mmask8>(first_lanes(count)), squeezed);
#else
  for (; lanes != 0; lanes &= lanes - 1) *to++ = values[__builtin_ctz(lanes)];
#endif
  return count;
}

/// Writes first + lane for the lanes whose bit is set, side by side; returns how many. Up to kPack places are written.
inline Extent squeeze_places(std::uint32_t lanes, Index first, Index* to) {
#if defined(__AVX512F__) && !defined(FOVEA_F64)
  const __m512i numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i places = _mm512_add_epi32(numbers, _mm512_set1_epi32(first));
  _mm512_storeu_si512(to, _mm512_maskz_compress_epi32(static_cast<__mmask16>(lanes), places));
  return __builtin_popcount(lanes);
#else
  Index* end = to;
  for (; lanes != 0; lanes &= lanes - 1) *end++ = first + static_cast<Index>(__builtin_ctz(lanes));
  return end - to;
#endif
}

/// The same for the items from[0 .. kPack).
inline Extent squeeze_items(std::uint32_t lanes, const Index* from, Index* to) {
  const Extent count = __builtin_popcount(lanes);
#if defined(__AVX512F__)
  const auto set = static_cast<__mmask16>(lanes);
  const __m512i squeezed = _mm512_maskz_compress_epi32(set, _mm512_maskz_loadu_epi32(set, from));
  _mm512_mask_storeu_epi32(to, static_cast<__mmask16>(first_lanes(count)), squeezed);
#else
  for (; lanes != 0; lanes &= lanes - 1) *to++ = from[__builtin_ctz(lanes)];
#endif
  return count;
}

/// The same for the numbers `first`, `first` + 1 ... of the lanes.
inline Extent squeeze_numbers(std::uint32_t lanes, Index first, Index* to) {
  const Extent count = __builtin_popcount(lanes);
#if defined(__AVX512F__)
  const __m512i numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i squeezed = _mm512_maskz_compress_epi32(static_cast<__mmask16>(lanes), numbers);
  _mm512_mask_storeu_epi32(to, static_cast<__mmask16>(first_lanes(count)),
                           _mm512_add_epi32(squeezed, _mm512_set1_epi32(first)));
#else
  for (; lanes != 0; lanes &= lanes - 1) *to++ = first + static_cast<Index>(__builtin_ctz(lanes));
#endif
  return count;
}

inline Real square_root(Real x) { return std::sqrt(x); }
inline Pack square_root(Pack x) {
#if defined(__AVX512F__) && !defined(FOVEA_F64)
  return _mm512_maskz_sqrt_ps(0xFFFF, x);
#elif defined(__AVX512F__)
  return _mm512_maskz_sqrt_pd(0xFF, x);
#elif defined(__AVX__) && !defined(FOVEA_F64)
  return _mm256_sqrt_ps(x);
#elif defined(__AVX__)
  return _mm256_sqrt_pd(x);
#else
  for (Extent i = 0; i < kPack; ++i) x[i] = std::sqrt(x[i]);
  return x;
#endif
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
