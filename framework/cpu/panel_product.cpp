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

// Dense memory is fetched half a line at every step: more at a time would hold up the loads of the product itself.
constexpr Extent kHalfLine = 32 / static_cast<Extent>(sizeof(Real));

template <int kRows, int kPacks>
struct Sums {
  Pack at[kRows][kPacks];

  // One step: a column of A times a row of B. Every third row has a separate pointer, to save registers.
  void add(const Real* const (&factors)[3], Extent row, const Real* b) {
    Pack right[kPacks];
#pragma GCC unroll 4
    for (int q = 0; q < kPacks; ++q) right[q] = load(b + q * kPack);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Pack left = broadcast(factors[r / 3][(r % 3) * row]);
#pragma GCC unroll 4
      for (int q = 0; q < kPacks; ++q) at[r][q] = multiply_add(left, right[q], at[r][q]);
    }
  }
};

template <int kRows, int kPacks>
void multiply_rows(const PanelProduct& product, const Real* a, Real* c, const Ahead& ahead) {
  Sums<kRows, kPacks> sums;
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int q = 0; q < kPacks; ++q) {
      sums.at[r][q] = product.accumulate ? load(c + r * product.c_row + q * kPack) : Pack{};
    }
  }
  const Extent row = product.a_row;
  for (Extent block = 0; block < product.blocks; ++block) {
    const Real* factors[3] = {a + block * product.a_block, nullptr, nullptr};
    factors[1] = factors[0] + 3 * row;
    factors[2] = factors[1] + 3 * row;
    const Real* b = product.b + block * product.b_block;
    const Real* line = ahead.line + block * ahead.block;
    for (Extent step = product.steps; step > 0; --step) {
      __builtin_prefetch(line, 0, 2);
      line += ahead.step;
      sums.add(factors, row, b);
      for (const Real*& factor : factors) factor += product.a_step;
      b += product.b_row;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int q = 0; q < kPacks; ++q) store(c + r * product.c_row + q * kPack, sums.at[r][q]);
  }
}

using RowsFunction = void (*)(const PanelProduct&, const Real*, Real*, const Ahead&);

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

// Hands out what each block of rows fetches: first the next panel, then dense memory.
class Fetcher {
 public:
  explicit Fetcher(const PanelProduct& product)
      : product_(product), reach_(product.steps * kHalfLine), tiles_(product.tiles, product.blocks, product.steps) {}

  Ahead next() {
    const Extent panel = product_.steps * product_.b_row;
    if (product_.next != 0 && panel_ < panel) {
      const Real* line = product_.b + product_.next + panel_;
      panel_ += reach_;
      return {line, kHalfLine, product_.b_block};
    }
    for (; span_ < product_.fetch.size(); ++span_, dense_ = 0) {
      if (dense_ >= static_cast<Extent>(product_.fetch[span_].size())) continue;
      const Real* line = product_.fetch[span_].data() + dense_;
      dense_ += product_.blocks * reach_;
      return {line, kHalfLine, reach_};
    }
    Ahead ahead{product_.b, 0, 0};
    tiles_.next(ahead);
    return ahead;
  }

 private:
  const PanelProduct& product_;
  Extent reach_;  // of a block of rows, in each block of steps
  Extent panel_ = 0;
  std::size_t span_ = 0;
  Extent dense_ = 0;
  TileFetcher tiles_;
};

}  // namespace

void multiply(const PanelProduct& product) {
  Fetcher fetcher(product);
  Extent row = 0;
  for (const Size& size : kSizes[product.packs - 1]) {
    for (; row + size.rows <= product.rows; row += size.rows) {
      size.function(product, product.a + row * product.a_row, product.c + row * product.c_row, fetcher.next());
    }
  }
}

void pack_transposed(const GateWeights& weights, Extent first, Real* out) {
  const Extent width = weights.width;
  const auto row = static_cast<Extent>(weights.gates.size()) * kPack;
  const Extent present = std::min(kPack, weights.units - first);
  PackBlock block;
  for (Extent k = 0; k < width; k += kPack) {
    Real* to = out + k * row;
    for (const int gate : weights.gates) {
      read_block(weights.data + (gate * weights.units + first) * width + k, width, present, width - k, block);
      transpose(block);
      for (Extent i = 0; i < std::min(kPack, width - k); ++i) store(to + i * row, block[i]);
      to += kPack;
    }
  }
}

}  // namespace fovea::cpu
