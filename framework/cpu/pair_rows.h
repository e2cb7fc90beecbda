#pragma once

#include "framework/cpu/pair_product.h"

// Internal to kernels: matrices rounded to bfloat16 and laid out as the factors of a PairProduct. Empty where there are no
// pairs.
namespace fovea::cpu {

/// from [rows, columns] with rows of `row`, times `factor`.
struct RealRows {
  const Real* at = nullptr;
  Extent row = 0;
  Extent rows = 0;
  Extent columns = 0;
  Real factor = 1;
};

// Rows of `to` have `to_row` pairs, a multiple of kPairPack; they are zero past the end.

/// to [rows, to_row]: pairs of one column and the next.
void round_rows(const RealRows& from, BfloatPair* to, Extent to_row);
/// to [rows / 2 rounded up, to_row]: pairs of one row and the next.
void round_row_pairs(const RealRows& from, BfloatPair* to, Extent to_row);
/// to [columns / 2 rounded up, to_row]: the transpose of what round_rows gives.
void round_column_pairs(const RealRows& from, BfloatPair* to, Extent to_row);

}  // namespace fovea::cpu
