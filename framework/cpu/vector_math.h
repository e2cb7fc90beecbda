#pragma once

#include <immintrin.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

#include "framework/core/real.h"

// Internal to kernels: one vector register of Reals, and functions over it without branches. The compiler's vector
// extension gives the arithmetic, so that one text serves AVX-512, AVX2 and float64. A file that includes this header is
// compiled for one instruction set; results of the same build do not depend on alignment or on the place in a row.
namespace fovea::cpu {

#if defined(__AVX512F__)
inline constexpr int kPackBytes = 64;
#elif defined(__AVX__)
inline constexpr int kPackBytes = 32;
#else
inline constexpr int kPackBytes = 16;
#endif

using Pack = Real __attribute__((vector_size(kPackBytes)));
inline constexpr Extent kPack = kPackBytes / static_cast<int>(sizeof(Real));

inline Pack load(const Real* from) {
  Pack pack;
  std::memcpy(&pack, from, sizeof(pack));
  return pack;
}

inline void store(Real* to, Pack pack) { std::memcpy(to, &pack, sizeof(pack)); }

inline Pack broadcast(Real value) { return value - Pack{}; }

#if defined(__AVX512F__) && !defined(FOVEA_F64)
inline __mmask16 lane_mask(Extent count) { return static_cast<__mmask16>((1U << count) - 1U); }
/// The first `count` < kPack elements, then zeros.
inline Pack load_part(const Real* from, Extent count) { return _mm512_maskz_loadu_ps(lane_mask(count), from); }
inline void store_part(Real* to, Pack pack, Extent count) { _mm512_mask_storeu_ps(to, lane_mask(count), pack); }
inline Pack multiply_add(Pack a, Pack b, Pack c) { return _mm512_fmadd_ps(a, b, c); }
#else
inline Pack load_part(const Real* from, Extent count) {
  Pack pack{};
  std::memcpy(&pack, from, static_cast<std::size_t>(count) * sizeof(Real));
  return pack;
}
inline void store_part(Real* to, Pack pack, Extent count) {
  std::memcpy(to, &pack, static_cast<std::size_t>(count) * sizeof(Real));
}
#if defined(__AVX512F__)
inline Pack multiply_add(Pack a, Pack b, Pack c) { return _mm512_fmadd_pd(a, b, c); }
#elif defined(__FMA__) && !defined(FOVEA_F64)
inline Pack multiply_add(Pack a, Pack b, Pack c) { return _mm256_fmadd_ps(a, b, c); }
#elif defined(__FMA__)
inline Pack multiply_add(Pack a, Pack b, Pack c) { return _mm256_fmadd_pd(a, b, c); }
#else
inline Pack multiply_add(Pack a, Pack b, Pack c) { return a * b + c; }
#endif
#endif

template <class Vector, int... kLane>
Real sum_halves(Vector pack, std::integer_sequence<int, kLane...>) {
  constexpr int kHalf = sizeof...(kLane);
  const auto sums = __builtin_shufflevector(pack, pack, kLane...) + __builtin_shufflevector(pack, pack, (kLane + kHalf)...);
  if constexpr (kHalf == 2) {
    return sums[0] + sums[1];
  } else {
    return sum_halves(sums, std::make_integer_sequence<int, kHalf / 2>());
  }
}

/// The lanes added in a fixed tree.
inline Real sum_lanes(Pack pack) {
  if constexpr (kPack == 2) {
    return pack[0] + pack[1];
  } else {
    return sum_halves(pack, std::make_integer_sequence<int, kPack / 2>());
  }
}

// Of two elements; a NaN in `a` is kept, so that it travels through the functions below by itself.
#if defined(__AVX512F__) && !defined(FOVEA_F64)
inline Pack larger(Pack a, Pack b) { return _mm512_maskz_max_ps(0xFFFF, b, a); }
inline Pack smaller(Pack a, Pack b) { return _mm512_maskz_min_ps(0xFFFF, b, a); }
#else
inline Pack larger(Pack a, Pack b) { return b > a ? b : a; }
inline Pack smaller(Pack a, Pack b) { return b < a ? b : a; }
#endif

#if defined(FOVEA_F64)

template <class Function>
Pack each_lane(Pack x, Function function) {
  for (Extent i = 0; i < kPack; ++i) x[i] = function(x[i]);
  return x;
}
inline Pack exp_pack(Pack x) {
  return each_lane(x, [](Real v) { return std::exp(v); });
}
inline Pack exp_falling(Pack x) { return exp_pack(x); }
inline Pack exp2_falling(Pack x) {
  return each_lane(x, [](Real v) { return std::exp2(v); });
}
inline Pack log_pack(Pack x) {
  return each_lane(x, [](Real v) { return std::log(v); });
}
inline Pack log_normal(Pack x) { return log_pack(x); }
inline Pack reciprocal(Pack x) { return 1.0 / x; }
inline Pack tanh_pack(Pack x) {
  return each_lane(x, [](Real v) { return std::tanh(v); });
}
inline Pack sigmoid_pack(Pack x) {
  return each_lane(x, [](Real v) { return Real(1) / (Real(1) + std::exp(-v)); });
}

#else

using IntPack = std::int32_t __attribute__((vector_size(kPackBytes)));

/// exp(r) for |r| <= log(2) / 2: minimax polynomial of degree 6, relative error 3e-9.
inline Pack exp_reduced(Pack r) {
  Pack p = broadcast(1.3814782723784447e-3F);
  p = multiply_add(p, r, broadcast(8.3688385784626e-3F));
  p = multiply_add(p, r, broadcast(4.1668396443128586e-2F));
  p = multiply_add(p, r, broadcast(1.666651964187622e-1F));
  p = multiply_add(p, r, broadcast(4.999999403953552e-1F));
  return multiply_add(p * r, r, r + 1.0F);
}

/// x = n log(2) + r: returns r and leaves the bits of n, as an integer, in `n`.
inline Pack reduce_argument(Pack x, IntPack& n) {
  constexpr float kShift = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer, kept in the low bits
  const Pack shifted = multiply_add(x, broadcast(1.44269504F), broadcast(kShift));
  std::memcpy(&n, &shifted, sizeof(n));
  n -= 0x4B400000;
  const Pack whole = shifted - kShift;
  return multiply_add(whole, broadcast(-1.42860677e-6F), multiply_add(whole, broadcast(-0.693145752F), x));
}

inline Pack power_of_two(IntPack n) {
  const IntPack bits = (n + 127) << 23;
  Pack result;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

/// exp(x). Below 2^-149 it is 0, above the largest float infinity; NaN stays NaN.
inline Pack exp_pack(Pack x) {
  IntPack n;
  const Pack r = reduce_argument(larger(smaller(x, broadcast(90.0F)), broadcast(-105.0F)), n);
  const IntPack half = n >> 1;  // two factors, since 2^n alone may lie outside the range of a float
  return exp_reduced(r) * power_of_two(half) * power_of_two(n - half);
}

/// exp(x) for x <= 0, or a little above it; 0 for -infinity. Fewer steps than exp_pack where the machine scales by powers.
inline Pack exp_falling(Pack x) {
#if defined(__AVX512F__)
  IntPack n;
  const Pack r = reduce_argument(larger(x, broadcast(-105.0F)), n);
  return _mm512_maskz_scalef_ps(0xFFFF, exp_reduced(r), __builtin_convertvector(n, Pack));
#else
  return exp_pack(x);
#endif
}

/// 2^x for x <= 0, or a little above it; 0 for -infinity, exactly 1 for 0. Minimax polynomial of degree 5, relative error
/// 1e-7.
inline Pack exp2_falling(Pack x) {
#if defined(__AVX512F__)
  const Pack r = _mm512_maskz_reduce_ps(0xFFFF, x, _MM_FROUND_TO_NEAREST_INT);  // 0 for infinities
  const Pack whole = x - r;
#else
  constexpr float kShift = 12582912.0F;  // see reduce_argument
  x = larger(x, broadcast(-150.0F));
  const Pack shifted = x + kShift;
  const Pack r = x - (shifted - kShift);
#endif
  Pack p = broadcast(1.326472731e-3F);
  p = multiply_add(p, r, broadcast(9.671512991e-3F));
  p = multiply_add(p, r, broadcast(5.550733581e-2F));
  p = multiply_add(p, r, broadcast(2.402224243e-1F));
  p = multiply_add(p, r, broadcast(6.931470037e-1F));
  p = multiply_add(p, r, broadcast(1.0F));
#if defined(__AVX512F__)
  return _mm512_maskz_scalef_ps(0xFFFF, p, whole);
#else
  IntPack n;
  std::memcpy(&n, &shifted, sizeof(n));
  n -= 0x4B400000;
  const IntPack half = n >> 1;  // two factors, since 2^n alone may lie outside the range of a float
  return p * power_of_two(half) * power_of_two(n - half);
#endif
}

/// 1 / x for finite x whose reciprocal is a normal number, to about one unit in the last place.
inline Pack reciprocal(Pack x) {
#if defined(__AVX512F__)
  const Pack guess = _mm512_maskz_rcp14_ps(0xFFFF, x);
  return multiply_add(guess, multiply_add(-x, guess, broadcast(1.0F)), guess);
#else
  return 1.0F / x;
#endif
}

/// log(x 2^e) for normal x > 0: x = 2^n m, m in [sqrt(1/2), sqrt(2)); minimax polynomial of degree 11, relative error 1e-9.
inline Pack log_normal(Pack x, Pack e) {
  IntPack bits;
  std::memcpy(&bits, &x, sizeof(bits));
  const IntPack exponent = (bits - 0x3F3504F3) >> 23;  // 0x3F3504F3 is sqrt(1/2)
  bits -= exponent << 23;
  Pack f;
  std::memcpy(&f, &bits, sizeof(f));
  f -= 1.0F;
  Pack p = broadcast(6.748192757368088e-2F);
  p = multiply_add(p, f, broadcast(-1.1677003651857376e-1F));
  p = multiply_add(p, f, broadcast(1.1888156831264496e-1F));
  p = multiply_add(p, f, broadcast(-1.2405320256948471e-1F));
  p = multiply_add(p, f, broadcast(1.4219510555267334e-1F));
  p = multiply_add(p, f, broadcast(-1.6668012738227844e-1F));
  p = multiply_add(p, f, broadcast(2.0002122223377228e-1F));
  p = multiply_add(p, f, broadcast(-2.5000008940696716e-1F));
  p = multiply_add(p, f, broadcast(3.333331346511841e-1F));
  e += __builtin_convertvector(exponent, Pack);
  const Pack square = f * f;
  Pack result = multiply_add(p * square, f, e * -2.12194440e-4F);
  result = multiply_add(square, broadcast(-0.5F), result) + f;
  return multiply_add(e, broadcast(0.693359375F), result);
}
inline Pack log_normal(Pack x) { return log_normal(x, Pack{}); }

/// log(x): -infinity at 0, NaN below 0 and for NaN.
inline Pack log_pack(Pack x) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto subnormal = x < broadcast(std::numeric_limits<float>::min());
  const Pack scaled = subnormal ? x * 8388608.0F : x;
  Pack result = log_normal(scaled, subnormal ? broadcast(-23.0F) : Pack{});
  result = x == broadcast(kInfinity) ? x : result;
  result = x == Pack{} ? broadcast(-kInfinity) : result;
  return x >= Pack{} ? result : broadcast(std::numeric_limits<float>::quiet_NaN());
}

/// tanh(x) = x P(x^2) / Q(x^2), fitted on |x| <= 9.02, relative error 1.3e-9; outside it is 1 to the last bit.
inline Pack tanh_pack(Pack x) {
  constexpr float kBound = 9.02F;
  const Pack bounded = larger(smaller(x, broadcast(kBound)), broadcast(-kBound));
  const Pack s = bounded * bounded;
  Pack p = broadcast(-1.2195479869026027e-11F);
  p = multiply_add(p, s, broadcast(3.057328612499077e-8F));
  p = multiply_add(p, s, broadcast(2.800225411192514e-5F));
  p = multiply_add(p, s, broadcast(3.8680604193359613e-3F));
  p = multiply_add(p, s, broadcast(1.367969959974289e-1F));
  p = multiply_add(p, s, broadcast(1.0F));
  Pack q = broadcast(1.2870133332398837e-6F);
  q = multiply_add(q, s, broadcast(3.9381664828397334e-4F));
  q = multiply_add(q, s, broadcast(2.7244852855801582e-2F));
  q = multiply_add(q, s, broadcast(4.701303243637085e-1F));
  q = multiply_add(q, s, broadcast(1.0F));
  Pack result = larger(smaller(bounded * p * reciprocal(q), broadcast(1.0F)), broadcast(-1.0F));
  result = x > broadcast(kBound) ? broadcast(1.0F) : result;
  return x < broadcast(-kBound) ? broadcast(-1.0F) : result;
}

/// 1 / (1 + exp(-x)); below -87, where the result leaves the normal numbers, it is 0.
inline Pack sigmoid_pack(Pack x) {
  constexpr float kBound = 87.0F;
  IntPack n;
  const Pack r = reduce_argument(-larger(smaller(x, broadcast(kBound)), broadcast(-kBound)), n);
  const Pack result = reciprocal(multiply_add(exp_reduced(r), power_of_two(n), broadcast(1.0F)));
  return x < broadcast(-kBound) ? Pack{} : result;
}

#endif

}  // namespace fovea::cpu
