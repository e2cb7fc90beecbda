#pragma once

#include "framework/core/real.h"

// Internal to listed_pairs: what all its ops do with rows of queries, rows of items and the pairs between them.
namespace fovea::listed {

/// Pairs between rows of queries and rows of items, as lists.
struct Pairs {
  const Index* list = nullptr;  // [B, H M, C], ascending in each row, then -1
  Extent batch = 0;
  Extent heads = 1;
  Extent item_heads = 1;
  Extent queries = 0;  // M
  Extent items = 0;    // N
  Extent listed = 0;   // C
  Extent width = 0;    // of a row of either side, in one head

  Extent rows() const { return batch * heads * queries; }
  /// Where row h M + m of batch element b begins in [B, M, H width], and the first item of its head in [B, N, G width].
  Extent query_at(Extent row) const;
  Extent items_at(Extent row) const;
  Extent item_row() const { return item_heads * width; }  // from an item to the next
};

enum class Writes : bool { kSet, kAdd };

/// pairs_rc (+)= factor rows_r . items_n, 0 (or nothing) where the list has -1.
void dots(const Pairs& pairs, const Real* rows, const Real* items, Real factor, Writes writes, Real* out);
/// rows_r (+)= factor * sum over c of weights_rc items_n.
void sums(const Pairs& pairs, const Real* weights, const Real* items, Real factor, Writes writes, Real* rows);
/// items_n += factor * sum over the pairs (r, c) of n of weights_rc rows_r, in an order that the problem fixes.
void scatter(const Pairs& pairs, const Real* weights, const Real* rows, Real factor, Real* items);

}  // namespace fovea::listed
