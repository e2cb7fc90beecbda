#pragma once

#include <array>

#include "framework/attention/tiles/find_pairs_plan.h"

// Internal to find_pairs: the work on one tile of queries.
namespace fovea::tiles {

inline constexpr Index kNoSegment = -1;

/// One head of one batch element, and memory for the work.
struct Finding {
  const FindPairs& options;
  const FindPlan& plan;
  PairExtents e;
  const Real* queries = nullptr;          // of the head [M, ...], rows of H D
  const Real* items = nullptr;            // of its group [N, ...], rows of G D
  const Index* mask = nullptr;            // [N] or null
  const Index* query_segments = nullptr;  // [M]; null: all are the same
  const Index* item_segments = nullptr;   // [N]
  const Index* block_segments = nullptr;  // of blocks of items, kNoSegment where they differ
  struct Tags {
    const Index* queries;  // of the head, rows of H T
    const Index* items;    // of its group, rows of G T
    Extent count;          // T
  };
  std::span<const Tensor> tags = {};
  std::array<BestPairs, kMostPairTerms> best = {};  // of each term, now
  Extent batch = 0;
  Extent head = 0;
  const Real* means = nullptr;    // of the blocks of its group, for each term with blocks [blocks, D]
  const Index* whole = nullptr;   // 1: no item of the block is masked [blocks]
  const Index* orders = nullptr;  // of its group, items by tag [orders, N]
  Real* list_scores = nullptr;
  Index* list_items = nullptr;
  Index* merged = nullptr;   // [3, C]
  Index* cursors = nullptr;  // [2, T], for the largest T

  Extent group() const { return head / (options.heads / options.item_heads); }
  Tags tags_of(std::size_t number) const {
    const Tensor& of_queries = tags[2 * number];
    const Tensor& of_items = tags[2 * number + 1];
    const Extent count = of_queries.shape()[2];
    return {of_queries.index() + (batch * e.queries * options.heads + head) * count,
            of_items.index() + (batch * e.items * options.item_heads + group()) * count, count};
  }
  bool meets(const PairTerm& term, Extent query, Extent item) const {
    return std::all_of(term.tags.begin(), term.tags.end(), [&](std::size_t number) {
      const Tags t = tags_of(number);
      const Index* of_query = t.queries + query * options.heads * t.count;
      const Index* of_item = t.items + item * options.item_heads * t.count;
      for (Extent i = 0; i < t.count; ++i) {
        if (of_query[i] == of_item[i]) return true;
      }
      return false;
    });
  }
  bool is_seen(const PairTerm& term, Extent query, Extent item) const {
    if (item_segments != nullptr && (item_segments[item] != query_segments[query] || item_segments[item] < 0)) return false;
    return (mask == nullptr || mask[item] != 0) && meets(term, query, item);
  }
};

/// Sorts the items of a group by each of their tags that the plan asks for. out [orders, N]
void order_by_tags(const Finding& finding, Index* out);

/// The items of a term that is visited by tag: ascending, into out; returns their number.
Extent tagged_items(const Finding& finding, std::size_t term, Extent query, Index* out);

/// Tiles of queries that go through the items together.
inline constexpr Extent kTilesAtOnce = 8;

/// Writes the items of the queries of up to kTilesAtOnce tiles to out [queries, C], then -1.
void find_tiles(const Finding& finding, Extent first_tile, Extent end_tile, Index* out);

}  // namespace fovea::tiles
