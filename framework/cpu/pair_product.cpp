#include "framework/cpu/pair_product.h"

#include <array>

namespace fovea::cpu {

#if defined(__AVX512BF16__) && !defined(FOVEA_F64)

namespace {

inline __m512bh load_pairs(const BfloatPair* from) {
  __m512bh pairs;
  std::memcpy(&pairs, from, sizeof(pairs));
  return pairs;
}

inline __m512bh broadcast_pair(const BfloatPair* from) {
  std::int32_t bits = 0;
  std::memcpy(&bits, from, sizeof(bits));
  const __m512i all = _mm512_set1_epi32(bits);
  __m512bh pairs;
  std::memcpy(&pairs, &all, sizeof(pairs));
  return pairs;
}

// Sums of kRows x kPacks packs stay in registers. Every third row has a separate pointer, to save registers.
template <int kRows, int kPacks>
void multiply_rows(const PairProduct& product, const BfloatPair* a, float* c, const Ahead& ahead) {
  __m512 sums[kRows][kPacks];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int q = 0; q < kPacks; ++q) {
      sums[r][q] = product.accumulate ? _mm512_loadu_ps(c + r * product.c_row + q * kPairPack) : _mm512_setzero_ps();
    }
  }
  const Extent row = product.a_row;
  for (Extent block = 0; block < product.blocks; ++block) {
    const BfloatPair* factors[3] = {a + block * product.a_block, nullptr, nullptr};
    factors[1] = factors[0] + 3 * row;
    factors[2] = factors[1] + 3 * row;
    const BfloatPair* b = product.b + block * product.b_block;
    const float* line = ahead.line + block * ahead.block;
    for (Extent step = product.steps; step > 0; --step) {
      __builtin_prefetch(line, 0, 2);
      line += ahead.step;
      __m512bh right[kPacks];
#pragma GCC unroll 4
      for (int q = 0; q < kPacks; ++q) right[q] = load_pairs(b + q * kPairPack);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        const __m512bh left = broadcast_pair(factors[r / 3] + (r % 3) * row);
#pragma GCC unroll 4
        for (int q = 0; q < kPacks; ++q) sums[r][q] = _mm512_dpbf16_ps(sums[r][q], left, right[q]);
      }
      for (const BfloatPair*& factor : factors) factor += product.a_step;
      b += product.b_row;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int q = 0; q < kPacks; ++q) _mm512_storeu_ps(c + r * product.c_row + q * kPairPack, sums[r][q]);
  }
}

struct Size {
  Extent rows;
  void (*function)(const PairProduct&, const BfloatPair*, float*, const Ahead&);
};

// From the tallest block down; a remainder is made up of at most one block of each.
template <int kPacks>
constexpr std::array<Size, 4> sizes() {
  constexpr int kMost = kPacks == 4 ? 6 : 8;
  return {{{kMost, multiply_rows<kMost, kPacks>},
           {4, multiply_rows<4, kPacks>},
           {2, multiply_rows<2, kPacks>},
           {1, multiply_rows<1, kPacks>}}};
}

constexpr std::array<std::array<Size, 4>, 4> kSizes = {sizes<1>(), sizes<2>(), sizes<3>(), sizes<4>()};

}  // namespace

void multiply(const PairProduct& product) {
  if (multiply_in_tiles(product)) return;
  TileFetcher fetcher(product.tiles, product.blocks, product.steps);
  Extent row = 0;
  for (const Size& size : kSizes[product.packs - 1]) {
    for (; row + size.rows <= product.rows; row += size.rows) {
      Ahead ahead{product.c, 0, 0};
      fetcher.next(ahead);
      size.function(product, product.a + row * product.a_row, product.c + row * product.c_row, ahead);
    }
  }
}

#else

void multiply(const PairProduct& /*product*/) {}

#endif

}  // namespace fovea::cpu
