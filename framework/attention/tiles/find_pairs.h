#pragma once

#include <functional>
#include <limits>
#include <vector>

#include "framework/attention/tiles/pair_tiles.h"
#include "framework/ops/checks.h"

namespace fovea {

/// How many of the best items, or of blocks of them, and how far they may be below the highest.
struct BestPairs {
  Extent count = 0;
  double margin = std::numeric_limits<double>::infinity();
};

/// Some of the pairs to find: of those that exist by place, the ones that data choose.
struct PairTerm {
  PairIntervals pairs;  // by place
  /// Numbers of the inputs of tags that a pair has to meet in: a tag of its query is that of its item at the same place.
  std::vector<std::size_t> tags = {};
  Extent most = std::numeric_limits<Extent>::max();         // items of a query that tags can leave
  Extent best = 0;                                          // > 0: of these, this many with the highest scores
  double margin = std::numeric_limits<double>::infinity();  // of those, the ones less than this far below the highest
  /// The values of these two in a forward, where they change from one to the next; `best` is then the largest value.
  std::function<BestPairs()> best_now = {};
  Extent block = 0;  // > 0: `best` counts blocks of this many items, by the score of their mean; see make_find_pairs
};

inline constexpr std::size_t kMostPairTerms = 8;

/// Which pairs, as a union of terms.
struct FindPairs {
  std::vector<PairTerm> terms;
  Extent heads = 1;       // H
  Extent item_heads = 1;  // G, a divisor of H
  double scale = 1;       // of the scores
  bool has_mask = false;
  bool has_segments = false;  // two more inputs, after a mask: a pair exists only where query and item share a segment
  std::size_t tags = 0;       // inputs of tags of queries, and as many of items
};

/// Finds the items of each query of each head, in tiles: no [M, N] exists anywhere.
///
/// Solves    the union over terms of {n : (m, n) by place and unmasked, some tag met, s_mn among the best}, ties to the
///           lowest index; s_mn = scale q_m . k_n. With blocks of size S: the own block floor(m / S) and, of those whose
///           items are all seen, the `best` - 1 with the highest q_m . mean of k; of each block, the items that are seen.
/// Shapes    queries [B, M, H D], items [B, N, G D], D up to 128, mask Index [B, N] where there is one, segments Index
///           [B, M] and [B, N] where there are, tags Index [B, M H, T] and [B, N G, T] -> Index [B, H M, C]: ascending
///           items of query m of head h in row h M + m, then -1; C is the most that a query can have.
/// Gradient  none: pairs are chosen.
/// Errors    shapes that do not fit.
/// Cost      where the best are looked for, a product over the tiles in which a pair exists by place; for blocks, only the
///           product with N / S means. O(C) a query besides. Where tags alone choose, O(N log N) to order the
///           items by tag, and a visit to the items with a tag of the query.
/// Source    Gupta et al. 2021, arXiv:2106.06899 (best items of a query); Lu et al. 2025, arXiv:2502.13189 (blocks).
OpPointer make_find_pairs(const FindPairs& options);

}  // namespace fovea
