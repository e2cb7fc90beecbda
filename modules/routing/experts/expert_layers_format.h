#pragma once

#include <algorithm>

#include "framework/cpu/packs.h"
#include "framework/cpu/pair_product.h"
#include "framework/cpu/transpose.h"
#include "framework/ops/unary_functions.h"
#include "modules/routing/experts/expert_layers_kernel.h"

// Internal to expert_layers: how factors lie in memory, for Reals and for pairs of bfloat16.
namespace fovea::experts {

struct Reals {
  using Element = Real;
  using Product = cpu::PanelProduct;
  static constexpr Extent kFactors = 1;  // of an element

  static void put_along_rows(Element* to, Pack upper, Pack lower) {
    cpu::store(to, upper);
    cpu::store(to + kWidth, lower);
  }
  static void put_along_columns(Element* to, Pack upper, Pack lower) { put_along_rows(to, upper, lower); }
  static void get_along_rows(const Element* from, Pack& upper, Pack& lower) {
    upper = cpu::load(from);
    lower = cpu::load(from + kWidth);
  }

  /// from [depth, columns] -> out [depth, kWidth], zero up to a whole pack.
  static void pack(const Real* from, Extent leading, Extent depth, Extent columns, Element* out) {
    for (Extent k = 0; k < depth; ++k, from += leading, out += kWidth) {
      for_packs(columns, [=](Extent i, auto lanes) { cpu::store(out + i, lanes.load(from + i)); });
    }
  }
  /// from [columns, depth] -> out [depth, kWidth].
  static void pack_transposed(const Real* from, Extent leading, Extent depth, Extent columns, Element* out) {
    for (Extent k = 0; k < depth; k += kPack) {
      for (Extent i = 0; i < columns; i += kPack) {
        cpu::PackBlock block;
        if (k + kPack <= depth && i + kPack <= columns) {
          cpu::read_whole_block(from + i * leading + k, leading, block);
          cpu::transpose(block);
#pragma GCC unroll 16
          for (int j = 0; j < static_cast<int>(kPack); ++j) cpu::store(out + (k + j) * kWidth + i, block[j]);
          continue;
        }
        cpu::read_block(from + i * leading + k, leading, columns - i, depth - k, block);
        cpu::transpose(block);
        for (Extent j = 0; j < std::min(kPack, depth - k); ++j) cpu::store(out + (k + j) * kWidth + i, block[j]);
      }
    }
  }
};

#if defined(__AVX512BF16__) && !defined(FOVEA_F64)

struct Pairs {
  using Element = cpu::BfloatPair;
  using Product = cpu::PairProduct;
  static constexpr Extent kFactors = 2;

  static __m512i rounded(Pack first, Pack second) {
    const __m512bh halves = _mm512_cvtne2ps_pbh(second, first);
    __m512i bits;
    std::memcpy(&bits, &halves, sizeof(bits));
    return bits;
  }
  static Pack as_pack(__m512i bits) {
    Pack pack;
    std::memcpy(&pack, &bits, sizeof(pack));
    return pack;
  }
  // Factors of `first` and `second` side by side.
  static __m512i interleaved(Pack first, Pack second) {
    alignas(64) static constexpr std::uint16_t kOrder[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                             8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    return _mm512_permutexvar_epi16(_mm512_load_si512(kOrder), rounded(first, second));
  }

  static void put_along_rows(Element* to, Pack upper, Pack lower) { _mm512_storeu_si512(to, interleaved(upper, lower)); }
  static void put_along_columns(Element* to, Pack upper, Pack lower) {
    __m256i halves[2];
    const __m512i both = rounded(upper, lower);
    std::memcpy(&halves, &both, sizeof(both));
    std::memcpy(to, &halves[0], sizeof(__m256i));
    std::memcpy(to + kWidth / 2, &halves[1], sizeof(__m256i));
  }
  static void get_along_rows(const Element* from, Pack& upper, Pack& lower) {
    const __m512i both = _mm512_loadu_si512(from);
    upper = as_pack(_mm512_maskz_slli_epi32(0xFFFF, both, 16));
    lower = as_pack(_mm512_and_si512(both, _mm512_set1_epi32(-65536)));
  }

  static void pack(const Real* from, Extent leading, Extent depth, Extent columns, Element* out) {
    for (Extent k = 0; k < depth; k += 2, from += 2 * leading, out += kWidth) {
      const bool has_two = k + 1 < depth;
      for_packs(columns, [=](Extent i, auto lanes) {
        put_along_rows(out + i, lanes.load(from + i), has_two ? lanes.load(from + leading + i) : Pack{});
      });
    }
  }
  static void pack_transposed(const Real* from, Extent leading, Extent depth, Extent columns, Element* out) {
    for (Extent k = 0; k < depth; k += 2 * kPack) {
      for (Extent i = 0; i < columns; i += kPack) {
        const Real* corner = from + i * leading + k;
        Element* to = out + k / 2 * kWidth + i;
        cpu::PackBlock block;
        if (k + 2 * kPack <= depth && i + kPack <= columns) {
#pragma GCC unroll 16
          for (int j = 0; j < static_cast<int>(kPack); ++j) {
            block[j] = as_pack(rounded(cpu::load(corner + j * leading), cpu::load(corner + j * leading + kPack)));
          }
          cpu::transpose(block);
#pragma GCC unroll 16
          for (int j = 0; j < static_cast<int>(kPack); ++j) std::memcpy(to + j * kWidth, &block[j], sizeof(Pack));
          continue;
        }
        cpu::PackBlock right;
        cpu::read_block(corner, leading, columns - i, depth - k, block);
        cpu::read_block(corner + kPack, leading, depth - k > kPack ? columns - i : 0, depth - k - kPack, right);
        for (Extent j = 0; j < kPack; ++j) block[j] = as_pack(rounded(block[j], right[j]));
        cpu::transpose(block);
        for (Extent j = 0; j < std::min(kPack, (depth - k + 1) / 2); ++j) {
          std::memcpy(to + j * kWidth, &block[j], sizeof(Pack));
        }
      }
    }
  }
};

#endif

inline Extent packs_in(Extent columns) { return (columns + kPack - 1) / kPack; }
inline Extent columns_of(Extent panel, Extent width) { return std::min(kWidth, width - panel * kWidth); }
inline Extent even(Extent rows) { return (rows + 1) / 2 * 2; }

/// Where the row at a place begins in a panel.
template <class Format>
typename Format::Element* row_at(Real* memory, const Extents& e, Extent panel, Extent place) {
  return reinterpret_cast<typename Format::Element*>(memory) + (panel * e.places + place) * kWidth / Format::kFactors;
}

/// Sums C [rows, packs * kPack].
struct Target {
  Real* at = nullptr;
  Extent row = kWidth;
  Extent rows = 0;
  Extent packs = 0;
  bool accumulate = false;
};

/// A [rows, depth] along columns, in panels that are `panel` elements apart.
template <class Format>
struct Left {
  const typename Format::Element* at = nullptr;
  Extent panel = 0;
  Extent depth = 0;  // columns
};

/// C = A B, or C += A B where it accumulates; pack(first, count, out) packs rows [first, first + count) of B
/// and returns what to fetch meanwhile.
template <class Format, class PackRows>
void add_product(const Left<Format>& a, PackRows pack, const Target& c) {
  constexpr Extent kElements = 128;  // of B that are packed at a time
  constexpr Extent kRow = kWidth / Format::kFactors;
  alignas(64) typename Format::Element packed[kElements * kWidth];
  for (Extent first = 0; first < a.depth; first += kElements * Format::kFactors) {
    const Extent count = std::min(kElements * Format::kFactors, a.depth - first);
    const Extent steps = (count + Format::kFactors - 1) / Format::kFactors;
    typename Format::Product product;
    product.tiles = pack(first, count, packed);
    product.a = a.at + first / kWidth * a.panel;
    product.a_row = kRow;
    product.a_block = a.panel;
    product.b = packed;
    product.b_block = kRow * kWidth;
    product.blocks = steps / kRow;
    product.steps = kRow;
    product.c = c.at;
    product.c_row = c.row;
    product.rows = c.rows;
    product.packs = c.packs;
    product.accumulate = c.accumulate || first > 0;
    if (product.blocks > 0) multiply(product);
    if (steps % kRow == 0) continue;
    product.a += product.blocks * a.panel;
    product.b += product.blocks * product.b_block;
    product.accumulate = product.accumulate || product.blocks > 0;
    product.blocks = 1;
    product.steps = steps % kRow;
    multiply(product);
  }
}

/// Puts the rows of a chunk into panels along rows, and along columns too where that is separate memory.
/// row_of(pair) is a row of `width` Reals and its factor.
struct Row {
  const Real* at = nullptr;
  Real factor = 0;
};
struct Panels {
  Real* along_rows = nullptr;
  Real* along_columns = nullptr;
};

template <class Format, class RowOf>
void spread_rows(const Call& call, const Chunk& chunk, const Panels& to, RowOf row_of) {
  for (Extent i = 0; i < chunk.count; i += 2) {
    const Extent place = chunk.first + i;
    const Row upper = row_of(call.rows.pair_at(place));
    const bool has_two = i + 1 < chunk.count;
    const Row lower = has_two ? row_of(call.rows.pair_at(place + 1)) : Row{};
    for_packs(call.e.width, [&](Extent d, auto lanes) {
      const Pack first = lanes.load(upper.at + d) * upper.factor;
      const Pack second = has_two ? lanes.load(lower.at + d) * lower.factor : Pack{};
      const Extent column = d % kWidth;
      Format::put_along_rows(row_at<Format>(to.along_rows, call.e, d / kWidth, place) + column, first, second);
      if (to.along_columns == to.along_rows) return;
      Format::put_along_columns(row_at<Format>(to.along_columns, call.e, d / kWidth, place) + column / Format::kFactors,
                                first, second);
    });
  }
}

/// Calls body(Function()) with the function between the layers.
template <class Body>
void with_function(ExpertLayers::Activation activation, Body body) {
  switch (activation) {
    case ExpertLayers::Activation::kRelu: return body(ReluFunction());
    case ExpertLayers::Activation::kGelu: return body(GeluFunction());
    case ExpertLayers::Activation::kSilu: return body(SiluFunction());
    case ExpertLayers::Activation::kTanh: return body(TanhFunction());
  }
}

/// Calls body(Format()) with the format of the products.
template <class Body>
void with_format([[maybe_unused]] cpu::Products products, Body body) {
#if defined(__AVX512BF16__) && !defined(FOVEA_F64)
  if (products == cpu::Products::kBf16) return body(Pairs());
#endif
  body(Reals());
}

}  // namespace fovea::experts
