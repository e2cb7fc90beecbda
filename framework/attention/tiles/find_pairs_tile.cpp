#include "framework/attention/tiles/find_pairs_tile.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "framework/attention/tiles/best_lists.h"
#include "framework/core/whole.h"

namespace fovea::tiles {
namespace {

constexpr Index kNoLane = std::numeric_limits<Index>::min();

Extent append_seen(const Finding& f, const PairTerm& term, Extent query, ItemInterval interval, Index* out) {
  Index* end = out;
  for (Index item = interval.begin; item < interval.end; ++item) {
    if (f.is_seen(term, query, item)) *end++ = item;
  }
  return end - out;
}

// The items of a term by place alone.
Extent place_items(const Finding& f, std::size_t number, Extent query, Index* out) {
  Extent count = 0;
  for (const ItemInterval& interval : f.plan.terms[number].seen(query)) {
    count += append_seen(f, f.options.terms[number], query, interval, out + count);
  }
  return count;
}

// What is seen of these blocks, and of the own one.
Extent block_items(const Finding& f, std::size_t number, Extent query, std::span<const Index> blocks, Index* out) {
  const PairTerm& term = f.options.terms[number];
  const Extent own = query / term.block;
  Extent count = 0;
  const auto append = [&](Extent block) {
    for (const ItemInterval& interval : f.plan.terms[number].seen(query)) {
      const Extent begin = std::max<Extent>(interval.begin, block * term.block);
      const Extent end = std::min<Extent>(interval.end, capped_product(block + 1, term.block));
      if (begin >= end) continue;
      count += append_seen(f, term, query, {static_cast<Index>(begin), static_cast<Index>(end)}, out + count);
    }
  };
  auto next = blocks.begin();
  for (; next != blocks.end() && *next < own; ++next) append(*next);
  append(own);
  for (; next != blocks.end(); ++next) append(*next);
  return count;
}

/// The lists of all terms for one tile of queries of one head.
class QueryTile {
 public:
  /// `number` among those that share the memory of `f`.
  QueryTile(const Finding& f, Extent query_tile, Extent number) : f_(f), tile_(query_tile) {
    const Extent first = query_tile * kQueries;
    const Extent row = f.options.heads * f.e.width;
    panel_.read({f.queries + first * row, row, std::min(kQueries, f.e.queries - first), f.e.width,
                 static_cast<Real>(f.options.scale)});
    if (f.options.tags > 0) read_tags();
    if (f.query_segments != nullptr) read_segments();
    Extent place = number * f.plan.rooms * kQueries;
    for (std::size_t t = 0; t < f_.options.terms.size(); ++t) {
      const PairTerm& term = f.options.terms[t];
      if (room_of(term, f_.e.items) == 0) continue;
      const BestPairs best = f.best[t];
      lists_[t].emplace(term.block > 0 ? best.count - 1 : best.count, static_cast<Real>(best.margin), f.list_scores + place,
                        f.list_items + place);
      place += room_of(term, f_.e.items) * kQueries;
    }
  }

  bool looks_for_best(std::size_t t) const { return lists_[t].has_value(); }
  std::span<const PairTiles::Tile> tiles(std::size_t t) const { return f_.plan.terms[t].tiles().of(tile_); }

  /// Offers items `rows`, which are in `block`.
  void offer(std::size_t t, const PairTiles::Tile& tile, const RowBlock& block, ItemInterval rows) {
    const PairTerm& term = f_.options.terms[t];
    const PairTiles::Bits* bits = f_.plan.terms[t].tiles().bits(tile);
    PairTiles::Bits allowed;
    if (f_.mask != nullptr || f_.query_segments != nullptr || !term.tags.empty()) {
      allowed = allowed_pairs(t, bits, rows);
      bits = &allowed;
      if (std::all_of(allowed.begin(), allowed.end(), [](std::uint64_t pairs) { return pairs == 0; })) return;
    }
    alignas(64) Real square[kSquare];
    multiply_panel(tile, block, f_.e.width, panel_, square);
    lists_[t]->offer(tile, square, bits);
  }

  /// Writes the items of a query of the tile.
  void write(Extent query, Extent lane, Index* out) {
    const Extent capacity = f_.plan.capacity;
    Index* joined = f_.merged;
    Index* next = f_.merged + capacity;
    Index* of_term = f_.merged + 2 * capacity;
    Extent count = 0;
    for (std::size_t t = 0; t < f_.options.terms.size(); ++t) {
      const Extent more = items_of(t, query, lane, of_term);
      count = std::set_union(joined, joined + count, of_term, of_term + more, next) - next;
      std::swap(joined, next);
    }
    std::copy_n(joined, count, out);
    std::fill(out + count, out + capacity, Index{-1});
  }

 private:
  // The pairs of a tile that exist, of `rows` items.
  PairTiles::Bits allowed_pairs(std::size_t t, const PairTiles::Bits* bits, ItemInterval rows) const {
    const PairTerm& term = f_.options.terms[t];
    const Index* mask = f_.mask == nullptr ? nullptr : term.block > 0 ? f_.whole : f_.mask;
    const Index* segments = term.block > 0 ? f_.block_segments : f_.item_segments;
    PairTiles::Bits allowed;
    for (Extent k = 0; k < kItems; ++k) {
      const Extent item = rows.begin + k;
      std::uint64_t& pairs = allowed[k];
      pairs = item >= rows.end ? 0 : bits == nullptr ? ~std::uint64_t{0} : (*bits)[k];
      if (mask != nullptr && pairs != 0 && mask[item] == 0) pairs = 0;
      if (segments != nullptr && pairs != 0)
        pairs = segments[item] < 0 ? 0 : pairs & queries_with(segments_.data(), segments[item]);
      for (const std::size_t number : term.tags) pairs = pairs == 0 ? 0 : pairs & meeting(number, item);
    }
    return allowed;
  }

  // The queries that have a tag of this item at the same place.
  std::uint64_t meeting(std::size_t number, Extent item) const {
    const Finding::Tags tags = f_.tags_of(number);
    const Index* of_item = tags.items + item * f_.options.item_heads * tags.count;
    const Index* of_queries = tags_.data() + first_tag(number) * kQueries;
    std::uint64_t met = 0;
    for (Extent i = 0; i < tags.count; ++i) met |= queries_with(of_queries + i * kQueries, of_item[i]);
    return met;
  }
  Extent first_tag(std::size_t number) const {
    Extent first = 0;
    for (std::size_t i = 0; i < number; ++i) first += f_.tags_of(i).count;
    return first;
  }
  // No item has the segment of a lane without a query, or with a query that has no segment.
  void read_segments() {
    segments_.fill(kNoLane);
    for (Extent lane = 0; lane < std::min(kQueries, f_.e.queries - tile_ * kQueries); ++lane) {
      const Index segment = f_.query_segments[tile_ * kQueries + lane];
      if (segment >= 0) segments_[lane] = segment;
    }
  }
  // Tags of the queries, [T, kQueries] of each kind; -1, which no item has, where there is no query.
  void read_tags() {
    const std::size_t kinds = f_.options.tags;
    tags_.assign(static_cast<std::size_t>(first_tag(kinds) * kQueries), -1);
    for (std::size_t number = 0; number < kinds; ++number) {
      const Finding::Tags tags = f_.tags_of(number);
      Index* to = tags_.data() + first_tag(number) * kQueries;
      for (Extent lane = 0; lane < std::min(kQueries, f_.e.queries - tile_ * kQueries); ++lane) {
        const Index* from = tags.queries + (tile_ * kQueries + lane) * f_.options.heads * tags.count;
        for (Extent i = 0; i < tags.count; ++i) to[i * kQueries + lane] = from[i];
      }
    }
  }

  Extent items_of(std::size_t t, Extent query, Extent lane, Index* out) {
    const std::span<const Index> best = lists_[t] ? lists_[t]->finish(lane) : std::span<const Index>{};
    if (f_.options.terms[t].block > 0) return block_items(f_, t, query, best, out);
    if (TagOrders::visits_by_tag(f_.options.terms[t])) return tagged_items(f_, t, query, out);
    if (f_.options.terms[t].best == 0) return place_items(f_, t, query, out);
    std::copy(best.begin(), best.end(), out);
    return static_cast<Extent>(best.size());
  }

  const Finding& f_;
  Extent tile_;
  RowPanel panel_;  // scaled queries [D, kQueries]
  std::vector<Index> tags_;
  std::array<Index, static_cast<std::size_t>(kQueries)> segments_;
  std::array<std::optional<BestLists>, kMostPairTerms> lists_;
};

using QueryTiles = std::array<std::optional<QueryTile>, kTilesAtOnce>;

// Offers the items of a term, or the means of its blocks, to the queries of all tiles: each item is fetched once.
void offer_all(const Finding& f, std::size_t t, QueryTiles& queries) {
  const bool by_block = f.options.terms[t].block > 0;
  const Real* rows = by_block ? f.means : f.items;
  const Extent row = by_block ? f.e.width : f.options.item_heads * f.e.width;
  const Extent count = by_block ? f.plan.terms[t].blocks() : f.e.items;
  std::array<std::span<const PairTiles::Tile>, kTilesAtOnce> left;
  for (std::size_t q = 0; q < left.size(); ++q) left[q] = queries[q] ? queries[q]->tiles(t) : left[q];
  RowBlock block;
  while (true) {
    Index next = std::numeric_limits<Index>::max();
    for (const auto& tiles : left) next = tiles.empty() ? next : std::min(next, tiles.front().items);
    if (next == std::numeric_limits<Index>::max()) return;
    const Extent first = next * kItems;
    const Extent end = std::min(first + kItems, count);
    block.read({rows + first * row, row, end - first, f.e.width}, kItems, Side::kLeft);
    for (std::size_t q = 0; q < left.size(); ++q) {
      if (left[q].empty() || left[q].front().items != next) continue;
      queries[q]->offer(t, left[q].front(), block, {static_cast<Index>(first), static_cast<Index>(end)});
      left[q] = left[q].subspan(1);
    }
  }
}

}  // namespace

void find_tiles(const Finding& finding, Extent first_tile, Extent end_tile, Index* out) {
  QueryTiles queries;
  for (Extent tile = first_tile; tile < end_tile; ++tile) {
    queries[tile - first_tile].emplace(finding, tile, tile - first_tile);
  }
  for (std::size_t t = 0; t < finding.options.terms.size(); ++t) {
    if (queries[0]->looks_for_best(t)) offer_all(finding, t, queries);
  }
  const Extent end = std::min(end_tile * kQueries, finding.e.queries);
  for (Extent query = first_tile * kQueries; query < end; ++query, out += finding.plan.capacity) {
    queries[query / kQueries - first_tile]->write(query, query % kQueries, out);
  }
}

}  // namespace fovea::tiles
