#include "framework/ops/find_pairs_tile.h"

#include <algorithm>
#include <array>
#include <optional>

#include "framework/ops/best_lists.h"

namespace fovea::tiles {
namespace {

// The pairs of a tile that exist, of `rows` items.
PairTiles::Bits allowed_pairs(const Finding& f, const PairTerm& term, const PairTiles::Bits* bits, Extent first_query,
                              ItemInterval rows) {
  PairTiles::Bits allowed;
  const std::uint64_t whole = ~std::uint64_t{0};
  for (Extent k = 0; k < kItems; ++k) {
    const Extent item = rows.begin + k;
    std::uint64_t& pairs = allowed[static_cast<std::size_t>(k)];
    pairs = item >= rows.end ? 0 : bits == nullptr ? whole : (*bits)[static_cast<std::size_t>(k)];
    if (term.block > 0) {
      if (f.mask != nullptr && pairs != 0 && f.whole[item] == 0) pairs = 0;
      continue;
    }
    if (f.mask != nullptr && pairs != 0 && f.mask[item] == 0) pairs = 0;
    if (term.tags.empty()) continue;
    for (std::uint64_t left = pairs; left != 0; left &= left - 1) {
      const Extent lane = __builtin_ctzll(left);
      const bool exists = first_query + lane < f.e.queries && f.meets(term, first_query + lane, item);
      if (!exists) pairs &= ~(std::uint64_t{1} << lane);
    }
  }
  return allowed;
}

// Offers the items, or the means of the blocks, of all tiles of these queries.
void offer_all(const Finding& f, std::size_t number, Extent query_tile, const Real* panel, BestLists& best) {
  const PairTerm& term = f.options.terms[number];
  const TermPlan& plan = f.plan.terms[number];
  const bool by_block = term.block > 0;
  const Real* rows = by_block ? f.means : f.items;
  const Extent row = by_block ? f.e.width : f.options.item_heads * f.e.width;
  const Extent count = by_block ? plan.blocks() : f.e.items;
  RowBlock block;
  alignas(64) Real square[kSquare];
  for (const PairTiles::Tile& tile : plan.tiles().of(query_tile)) {
    const Extent first = tile.items * kItems;
    const Extent end = std::min(first + kItems, count);
    const PairTiles::Bits allowed = allowed_pairs(f, term, plan.tiles().bits(tile), query_tile * kQueries,
                                                  {static_cast<Index>(first), static_cast<Index>(end)});
    block.read(rows + first * row, row, end - first, f.e.width, kItems);
    multiply_panel(tile, block, f.e.width, panel, square);
    best.offer(tile, square, allowed);
  }
}

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
      const Extent end = std::min<Extent>(interval.end, (block + 1) * term.block);
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
  QueryTile(const Finding& f, Extent query_tile) : f_(f) {
    const Extent first = query_tile * kQueries;
    const Extent row = f.options.heads * f.e.width;
    alignas(64) Real panel[kMostWidth * kQueries];
    read_panel(f.queries + first * row, row, std::min(kQueries, f.e.queries - first), f.e.width,
               static_cast<Real>(f.options.scale), panel);
    Extent rooms = 0;
    for (std::size_t t = 0; t < f_.options.terms.size(); ++t) {
      const PairTerm& term = f.options.terms[t];
      const Extent room = room_of(term);
      if (room == 0) continue;
      lists_[t].emplace(term.block > 0 ? term.best - 1 : term.best, static_cast<Real>(term.margin),
                        f.list_scores + rooms * kQueries, f.list_items + rooms * kQueries);
      offer_all(f, t, query_tile, panel, *lists_[t]);
      rooms += room;
    }
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
  Extent items_of(std::size_t t, Extent query, Extent lane, Index* out) {
    const std::span<const Index> best = lists_[t] ? lists_[t]->finish(lane) : std::span<const Index>{};
    if (f_.options.terms[t].block > 0) return block_items(f_, t, query, best, out);
    if (f_.options.terms[t].best == 0) return place_items(f_, t, query, out);
    std::copy(best.begin(), best.end(), out);
    return static_cast<Extent>(best.size());
  }

  const Finding& f_;
  std::array<std::optional<BestLists>, kMostPairTerms> lists_;
};

}  // namespace

void find_tile(const Finding& finding, Extent query_tile, Index* out) {
  QueryTile tile(finding, query_tile);
  const Extent first = query_tile * kQueries;
  for (Extent lane = 0; lane < std::min(kQueries, finding.e.queries - first); ++lane) {
    tile.write(first + lane, lane, out + lane * finding.plan.capacity);
  }
}

}  // namespace fovea::tiles
