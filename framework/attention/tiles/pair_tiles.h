#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "framework/core/intervals.h"
#include "framework/cpu/panel_product.h"

namespace fovea {

/// Appends the items that a query may see: ascending intervals that do not overlap, within [0, items).
using PairIntervals = std::function<void(Extent query, Extent queries, Extent items, ItemIntervals& intervals)>;

/// The pairs of a pattern cut into tiles of 64 items by one panel of queries, made once for a shape. A tile without
/// a pair is left out; of one with some pairs, the parts that are worked on are known in stripes of 16 items and
/// packs of queries, and every pair as a bit.
///
/// Cost      memory O(tiles) and 512 bytes for each different set of bits, time O(intervals + kQueries times the tiles that
///           they touch).
class PairTiles {
 public:
  static constexpr Extent kItems = 64;
  static constexpr Extent kStripe = 16;
  static constexpr Extent kStripes = kItems / kStripe;
  static constexpr Extent kQueries = cpu::kPanelWidth;
  static constexpr Extent kPacks = cpu::kPanelPacks;

  struct Range {
    std::uint8_t begin = 0;
    std::uint8_t end = 0;
    bool operator==(const Range&) const = default;
  };
  struct Tile {
    Index items = 0;                      // its number along the items
    Index bits = -1;                      // place of its bits; -1: all pairs exist
    std::array<Range, kStripes> packs{};  // of each stripe: the packs of queries that are worked on
    std::array<Range, kPacks> stripes{};  // the same, of each pack
  };
  using Bits = std::array<std::uint64_t, kItems>;  // bit q of element k: the pair of query q and item k

  PairTiles(Extent queries, Extent items, const PairIntervals& intervals);

  /// Ascending by items.
  std::span<const Tile> of(Extent query_tile) const;
  const Bits* bits(const Tile& tile) const { return tile.bits < 0 ? nullptr : &bits_[tile.bits]; }
  Extent query_tiles() const { return static_cast<Extent>(first_.size()) - 1; }
  Extent item_tiles() const { return item_tiles_; }
  /// Pairs that exist.
  std::uint64_t pairs() const { return pairs_; }

 private:
  class Rows;
  void append(const Rows& rows, Extent item_tile, Extent present);
  static void fill_holes(Tile& tile);
  Index place_of(const Bits& bits);

  Extent item_tiles_;
  std::uint64_t pairs_ = 0;
  std::vector<Tile> tiles_;
  std::vector<std::size_t> first_;  // of each tile of queries
  std::vector<Bits> bits_;
  std::vector<std::vector<Index>> places_;  // of bits, by a hash
};

}  // namespace fovea
