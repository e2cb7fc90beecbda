#pragma once

#include "framework/attention/tiles/find_pairs.h"

// Internal to find_pairs: what is known about the pairs before data come.
namespace fovea::tiles {

struct PairExtents {
  Extent batch, queries, items, width;  // width of a head
};

/// The candidates by place of a term.
class TermPlan {
 public:
  TermPlan(const PairTerm& term, Extent queries, Extent items);

  /// Where the best are looked for: of items, or of the blocks whose items are all seen, without the own block.
  const PairTiles& tiles() const { return *tiles_; }
  bool has_tiles() const { return tiles_ != nullptr; }
  std::span<const ItemInterval> seen(Extent query) const;
  Extent blocks() const { return blocks_; }

  /// The most that a query can have.
  static Extent capacity(const PairTerm& term, Extent queries, Extent items);

 private:
  ItemIntervals intervals_;         // of all queries
  std::vector<std::size_t> first_;  // [M + 1]
  std::unique_ptr<PairTiles> tiles_;
  Extent blocks_ = 0;
};

/// Items in the order of their tags, for terms that tags alone choose: only items with a tag of the query are visited.
struct TagOrders {
  TagOrders() = default;
  /// `counts`: the T of each input of tags.
  TagOrders(const FindPairs& options, const std::vector<Extent>& counts);
  static bool visits_by_tag(const PairTerm& term) { return !term.tags.empty() && term.best == 0; }

  std::vector<Extent> first;  // of each input of tags, the number of its first order; -1: none are needed
  Extent count = 0;           // orders in all
};

struct FindPlan final : Prepared {
  FindPlan(const FindPairs& options, const PairExtents& extents, const std::vector<Extent>& tag_counts);
  std::vector<TermPlan> terms;
  TagOrders orders;
  Extent capacity = 0;
  Extent rooms = 0;  // the length of all lists of the best of a query together
};

/// How many of the best items, or blocks, a term can have.
Extent most_best(const PairTerm& term, Extent items);
/// The length of the list of the best of a term for each query, 0 where none are looked for.
Extent room_of(const PairTerm& term, Extent items);
Extent capacity_of(const FindPairs& options, Extent queries, Extent items);

}  // namespace fovea::tiles
