#pragma once

#include "framework/cpu/packs.h"

// Internal to encode_words.cpp: the loops over sentences, with a fixed number of packs in registers.
namespace fovea {

/// Sentences that are encoded together. All rows are `width` Reals, whole packs, with the tables side by side.
struct Sentences {
  Extent count = 0;
  Extent length = 0;              // J
  const Index* words = nullptr;   // [count, J]
  const Index* places = nullptr;  // [count], -1: none; null: the next place each, from `first_place`
  Extent first_place = 0;
  Extent place_count = 0;  // 0: no places
  bool has_null = false;
  Extent width = 0;
  const Real* factors = nullptr;  // [J, width]

  /// The place of sentence s; -1: none.
  Extent place(Extent s) const {
    if (place_count == 0) return -1;
    return places == nullptr ? (first_place + s) % place_count : places[s];
  }
};

// to_s = sum over j of factors_j * table[w_sj] + place_table[place of s]     columns [column, column + packs kPack)
template <int packs>
void encode_columns(const Sentences& x, const Real* table, const Real* place_table, Real* to, Extent column) {
  for (Extent s = 0; s < x.count; ++s) {
    Pack sum[packs] = {};
    const Extent place = x.place(s);
    for (int p = 0; place >= 0 && p < packs; ++p) sum[p] = cpu::load(place_table + place * x.width + column + p * kPack);
    const Index* words = x.words + s * x.length;
    for (Extent j = 0; j < x.length; ++j) {
      if (x.has_null && words[j] == 0) continue;
      const Real* row = table + words[j] * x.width + column;
      const Real* factor = x.factors + j * x.width + column;
      for (int p = 0; p < packs; ++p) {
        sum[p] = cpu::multiply_add(cpu::load(row + p * kPack), cpu::load(factor + p * kPack), sum[p]);
      }
    }
    for (int p = 0; p < packs; ++p) cpu::store(to + s * x.width + column + p * kPack, sum[p]);
  }
}

// table[w_sj] += factors_j * grad_s,  place_table[place of s] += grad_s
template <int packs>
void scatter_columns(const Sentences& x, const Real* grads, Real* table, Real* place_table, Extent column) {
  for (Extent s = 0; s < x.count; ++s) {
    Pack grad[packs];
    for (int p = 0; p < packs; ++p) grad[p] = cpu::load(grads + s * x.width + column + p * kPack);
    const Extent place = x.place(s);
    for (int p = 0; place >= 0 && p < packs; ++p) {
      put<false>(WholePack{}, place_table + place * x.width + column + p * kPack, grad[p]);
    }
    const Index* words = x.words + s * x.length;
    for (Extent j = 0; j < x.length; ++j) {
      if (x.has_null && words[j] == 0) continue;
      Real* row = table + words[j] * x.width + column;
      const Real* factor = x.factors + j * x.width + column;
      for (int p = 0; p < packs; ++p) {
        Real* to = row + p * kPack;
        cpu::store(to, cpu::multiply_add(grad[p], cpu::load(factor + p * kPack), cpu::load(to)));
      }
    }
  }
}

/// body(packs, column) for blocks of columns that cover `width` and are as equal as possible.
template <class Body>
void for_column_blocks(Extent width, Body body) {
  constexpr Extent kMost = 8;  // packs that leave registers free for the rest
  const Extent all = width / kPack;
  const Extent blocks = (all + kMost - 1) / kMost;
  for (Extent block = 0; block < blocks; ++block) {
    const Extent first = all * block / blocks;
    const Extent column = first * kPack;
    switch (all * (block + 1) / blocks - first) {
      case 1: body(std::integral_constant<int, 1>(), column); break;
      case 2: body(std::integral_constant<int, 2>(), column); break;
      case 3: body(std::integral_constant<int, 3>(), column); break;
      case 4: body(std::integral_constant<int, 4>(), column); break;
      case 5: body(std::integral_constant<int, 5>(), column); break;
      case 6: body(std::integral_constant<int, 6>(), column); break;
      case 7: body(std::integral_constant<int, 7>(), column); break;
      default: body(std::integral_constant<int, 8>(), column); break;
    }
  }
}

}  // namespace fovea
