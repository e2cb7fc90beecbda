#pragma once

#include "framework/attention/tiles/tile_attention_kernel.h"
#include "framework/cpu/lanes.h"

// Internal to find_pairs: the best items of each of the queries of a tile, while items come by in ascending order.
namespace fovea::tiles {

class BestLists {
 public:
  /// The length of a list for the `best` of a query: it is cut back to these when it is full.
  static Extent room(Extent best);

  /// scores, items [kQueries, room(best)].
  BestLists(Extent best, Real margin, Real* scores, Index* items);

  /// Offers the scores [kItems, kQueries] of a tile; bit q of allowed[k] says that the pair exists; null: all do.
  void offer(const PairTiles::Tile& tile, const Real* square, const PairTiles::Bits* allowed);
  /// The items of a query, ascending; call it once, after all were offered.
  std::span<const Index> finish(Extent query);

 private:
  void append(Extent query, Real score, Index item);
  void cut(Extent query);

  Extent best_;
  Real margin_;
  Extent room_;
  Real* scores_;
  Index* items_;
  Extent counts_[kQueries] = {};
  alignas(64) Real least_[kQueries];  // what an item has to exceed
  Real most_[kQueries];
};

/// A number that at most `rank` elements of x [n] exceed, and that at least `rank` reach; rank in [1, n].
Real split(const Real* x, Extent n, Extent rank);

}  // namespace fovea::tiles
