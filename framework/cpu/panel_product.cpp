#include "framework/cpu/panel_product.h"

#include <algorithm>
#include <array>

#include "framework/cpu/transpose.h"

namespace fovea::cpu {
namespace {

// The tallest block of rows whose sums, with one row of B and one element of A, stay in registers.
#if defined(__AVX512F__)
constexpr int kTallest[] = {8, 8, 8, 6};
#else
constexpr int kTallest[] = {4, 4, 3, 2};
#endif

template <int kRows, int kPacks>
void multiply_rows(const PanelProduct& product, const Real* a, Real* c, Extent ahead) {
  Pack sums[kRows][kPacks];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int q = 0; q < kPacks; ++q) sums[r][q] = product.accumulate ? load(c + r * product.c_row + q * kPack) : Pack{};
  }
  const Extent row = product.a_row;
  for (Extent block = 0; block < product.blocks; ++block) {
    const Real* factors[3] = {a + block * product.a_block, nullptr, nullptr};  // every third row, to save registers
    factors[1] = factors[0] + 3 * row;
    factors[2] = factors[1] + 3 * row;
    const Real* b = product.b + block * product.b_block;
    for (Extent step = product.steps; step > 0; --step) {
      __builtin_prefetch(b + ahead, 0, 2);
      Pack right[kPacks];
#pragma GCC unroll 4
      for (int q = 0; q < kPacks; ++q) right[q] = load(b + q * kPack);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        const Pack left = broadcast(factors[r / 3][(r % 3) * row]);
#pragma GCC unroll 4
        for (int q = 0; q < kPacks; ++q) sums[r][q] = multiply_add(left, right[q], sums[r][q]);
      }
      for (const Real*& factor : factors) factor += product.a_step;
      b += product.b_row;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int q = 0; q < kPacks; ++q) store(c + r * product.c_row + q * kPack, sums[r][q]);
  }
}

using RowsFunction = void (*)(const PanelProduct&, const Real*, Real*, Extent);

struct Size {
  int rows;
  RowsFunction function;
};

// From the tallest block down; a remainder is made up of at most one block of each.
template <int kPacks>
constexpr std::array<Size, 4> sizes() {
  constexpr int kMost = kTallest[kPacks - 1];
  constexpr int kSecond = kMost > 4 ? 4 : (kMost > 2 ? 2 : 1);
  constexpr int kThird = kSecond > 2 ? 2 : 1;
  return {{{kMost, multiply_rows<kMost, kPacks>},
           {kSecond, multiply_rows<kSecond, kPacks>},
           {kThird, multiply_rows<kThird, kPacks>},
           {1, multiply_rows<1, kPacks>}}};
}

constexpr std::array<std::array<Size, 4>, 4> kSizes = {sizes<1>(), sizes<2>(), sizes<3>(), sizes<4>()};

}  // namespace

void multiply(const PanelProduct& product) {
  const auto& choices = kSizes[static_cast<std::size_t>(product.packs - 1)];
  Extent row = 0;
  Extent fetched = 0;  // the first blocks of rows fetch one cache line each of every row of the next panel
  for (const Size& size : choices) {
    for (; row + size.rows <= product.rows; row += size.rows) {
      const bool fetch = product.next != 0 && fetched < product.packs;
      const Extent ahead = fetch ? product.next + fetched * kPack : 0;
      ++fetched;
      size.function(product, product.a + row * product.a_row, product.c + row * product.c_row, ahead);
    }
  }
}

void pack_transposed(const Real* weight, Extent width, Extent units, Extent first, std::span<const int> gates, Real* out) {
  const auto row = static_cast<Extent>(gates.size()) * kPack;
  const Extent present = std::min(kPack, units - first);
  PackBlock block;
  for (Extent k = 0; k < width; k += kPack) {
    Real* to = out + k * row;
    for (const int gate : gates) {
      read_block(weight + (gate * units + first) * width + k, width, present, width - k, block);
      transpose(block);
      for (Extent i = 0; i < std::min(kPack, width - k); ++i) store(to + i * row, block[i]);
      to += kPack;
    }
  }
}

}  // namespace fovea::cpu
