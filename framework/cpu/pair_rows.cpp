#include "framework/cpu/pair_rows.h"

#if defined(__AVX512BF16__) && !defined(FOVEA_F64)

#include <algorithm>

#include "framework/cpu/pair_lanes.h"
#include "framework/cpu/transpose.h"

namespace fovea::cpu {
namespace {

void store(BfloatPair* to, __m512bh pairs) { std::memcpy(to, &pairs, sizeof(pairs)); }

Pack load_up_to(const Real* from, Extent count) {
  if (count <= 0) return Pack{};
  return count < kPack ? load_part(from, count) : load(from);
}

}  // namespace

void round_rows(const RealRows& from, BfloatPair* to, Extent to_row) {
  for (Extent r = 0; r < from.rows; ++r, to += to_row) {
    const Real* row = from.at + r * from.row;
    Extent i = 0;
    for (; i + 2 * kPack <= from.columns; i += 2 * kPack) {
      store(to + i / 2, _mm512_cvtne2ps_pbh(load(row + i + kPack) * from.factor, load(row + i) * from.factor));
    }
    for (; i < 2 * to_row; i += 2 * kPack) {
      const Pack low = load_up_to(row + i, from.columns - i) * from.factor;
      const Pack high = load_up_to(row + i + kPack, from.columns - i - kPack) * from.factor;
      store(to + i / 2, _mm512_cvtne2ps_pbh(high, low));
    }
  }
}

void round_row_pairs(const RealRows& from, BfloatPair* to, Extent to_row) {
  for (Extent r = 0; r < from.rows; r += 2, to += to_row) {
    const Real* row = from.at + r * from.row;
    const bool has_next = r + 1 < from.rows;
    Extent i = 0;
    for (; has_next && i + kPack <= from.columns; i += kPack) {
      store_pairs(to + i, load(row + i) * from.factor, load(row + from.row + i) * from.factor);
    }
    for (; i < to_row; i += kPack) {
      const Pack low = load_up_to(row + i, from.columns - i) * from.factor;
      const Pack high = has_next ? load_up_to(row + from.row + i, from.columns - i) * from.factor : Pack{};
      store_pairs(to + i, low, high);
    }
  }
}

void round_column_pairs(const RealRows& from, BfloatPair* to, Extent to_row) {
  PackBlock block;
  for (Extent r = 0; r < to_row; r += kPack) {
    for (Extent column = 0; column < from.columns; column += 2 * kPack) {
      for (Extent i = 0; i < kPack; ++i) {
        const Real* at = from.at + (r + i) * from.row + column;
        const Extent rest = r + i < from.rows ? from.columns - column : 0;
        const Pack low = load_up_to(at, rest) * from.factor;
        const __m512bh pairs = _mm512_cvtne2ps_pbh(load_up_to(at + kPack, rest - kPack) * from.factor, low);
        std::memcpy(&block[i], &pairs, sizeof(pairs));
      }
      transpose(block);
      BfloatPair* rows = to + column / 2 * to_row + r;
      const Extent present = std::min(kPack, (from.columns - column + 1) / 2);
      for (Extent i = 0; i < present; ++i) std::memcpy(rows + i * to_row, &block[i], sizeof(Pack));
    }
  }
}

}  // namespace fovea::cpu

#else

namespace fovea::cpu {

void round_rows(const RealRows& /*from*/, BfloatPair* /*to*/, Extent /*to_row*/) {}
void round_row_pairs(const RealRows& /*from*/, BfloatPair* /*to*/, Extent /*to_row*/) {}
void round_column_pairs(const RealRows& /*from*/, BfloatPair* /*to*/, Extent /*to_row*/) {}

}  // namespace fovea::cpu

#endif
