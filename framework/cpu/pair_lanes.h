#pragma once

#include <array>
#include <cstring>

#include "framework/cpu/lanes.h"
#include "framework/cpu/pair_product.h"

// Packs of values rounded to bfloat16, as pairs; empty where there are no pairs.
namespace fovea::cpu {

#if defined(__AVX512BF16__) && !defined(FOVEA_F64)

/// to [kPairPack]: pairs (low[i], high[i]).
inline void store_pairs(BfloatPair* to, Pack low, Pack high) {
  alignas(64) static constexpr auto kOrder = [] {
    std::array<std::uint16_t, 32> order{};
    for (std::size_t i = 0; i < 32; ++i) order[i] = static_cast<std::uint16_t>(i / 2 + i % 2 * 16);
    return order;
  }();
  const __m512bh halves = _mm512_cvtne2ps_pbh(high, low);
  __m512i words;
  std::memcpy(&words, &halves, sizeof(words));
  words = _mm512_permutexvar_epi16(_mm512_load_si512(kOrder.data()), words);
  std::memcpy(to, &words, sizeof(words));
}

/// to [kPairPack / 2]: pairs of one element and the next.
inline void store_row(BfloatPair* to, Pack row) {
  const __m256bh halves = _mm512_cvtneps_pbh(row);
  std::memcpy(to, &halves, sizeof(halves));
}

#else

inline void store_pairs(BfloatPair* /*to*/, Pack /*low*/, Pack /*high*/) {}
inline void store_row(BfloatPair* /*to*/, Pack /*row*/) {}

#endif

}  // namespace fovea::cpu
