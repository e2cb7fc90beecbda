#include "framework/attention/tiles/pair_tiles.h"

#include <algorithm>

namespace fovea {
namespace {

constexpr std::size_t kBuckets = 4096;
constexpr std::uint64_t kAll = ~std::uint64_t{0};

Extent tiles_in(Extent extent, Extent tile) { return (extent + tile - 1) / tile; }

// Bits [begin, end) of 64.
std::uint64_t bits_between(Extent begin, Extent end) {
  const std::uint64_t below_end = end >= 64 ? kAll : (std::uint64_t{1} << end) - 1;
  return below_end & ~((std::uint64_t{1} << begin) - 1);
}

void include(PairTiles::Range& range, Extent place) {
  const auto at = static_cast<std::uint8_t>(place);
  if (range.begin == range.end) range = {at, at};
  range.begin = std::min(range.begin, at);
  range.end = std::max<std::uint8_t>(range.end, static_cast<std::uint8_t>(at + 1));
}

bool has(const PairTiles::Range& range, Extent place) { return place >= range.begin && place < range.end; }

}  // namespace

/// The pairs of one tile of queries: bits over the items of a tile for each query. What is not touched costs nothing.
class PairTiles::Rows {
 public:
  explicit Rows(Extent item_tiles)
      : bits_(static_cast<std::size_t>(kQueries * item_tiles)), touched_(static_cast<std::size_t>(item_tiles)) {}

  void set(Extent query, const ItemInterval& interval) {
    for (Extent tile = interval.begin / kItems; tile * kItems < interval.end; ++tile) {
      const Extent begin = std::max<Extent>(interval.begin - tile * kItems, 0);
      const Extent end = std::min<Extent>(interval.end - tile * kItems, kItems);
      bits_[place(query, tile)] |= bits_between(begin, end);
      touched_[tile] = 1;
    }
  }
  std::uint64_t row(Extent query, Extent tile) const { return bits_[place(query, tile)]; }

  /// body(tile) for every tile with a pair; afterwards there is none.
  template <class Body>
  void take(Body body) {
    for (auto found = touched_.begin(); (found = std::find(found, touched_.end(), 1)) != touched_.end(); *found = 0) {
      const auto tile = static_cast<Extent>(found - touched_.begin());
      body(tile);
      std::fill_n(bits_.begin() + static_cast<std::ptrdiff_t>(place(0, tile)), kQueries, 0);
    }
  }

 private:
  static std::size_t place(Extent query, Extent tile) { return static_cast<std::size_t>(tile * kQueries + query); }

  std::vector<std::uint64_t> bits_;    // [item tiles, kQueries]
  std::vector<std::uint8_t> touched_;  // [item tiles]
};

PairTiles::PairTiles(Extent queries, Extent items, const PairIntervals& intervals)
    : item_tiles_(tiles_in(items, kItems)), places_(kBuckets) {
  Rows rows(item_tiles_);
  ItemIntervals of_query;
  first_.push_back(0);
  for (Extent first = 0; first < queries; first += kQueries) {
    const Extent present = std::min(kQueries, queries - first);
    for (Extent query = 0; query < present; ++query) {
      of_query.clear();
      intervals(first + query, queries, items, of_query);
      for (const ItemInterval& interval : of_query) rows.set(query, interval);
    }
    rows.take([&](Extent tile) { append(rows, tile, present); });
    first_.push_back(tiles_.size());
  }
  places_.clear();
}

std::span<const PairTiles::Tile> PairTiles::of(Extent query_tile) const {
  const std::size_t begin = first_[query_tile];
  return std::span(tiles_).subspan(begin, first_[static_cast<std::size_t>(query_tile) + 1] - begin);
}

// `present` queries of the tile exist; what is computed for the others is not used.
void PairTiles::append(const Rows& rows, Extent item_tile, Extent present) {
  std::uint64_t some = 0;
  std::uint64_t all = kAll;
  for (Extent query = 0; query < present; ++query) {
    const std::uint64_t row = rows.row(query, item_tile);
    some |= row;
    all &= row;
    pairs_ += static_cast<std::uint64_t>(__builtin_popcountll(row));
  }
  if (some == 0) return;
  Tile tile;
  tile.items = static_cast<Index>(item_tile);
  if (all == kAll) {
    tile.packs.fill({0, kPacks});
    tile.stripes.fill({0, kStripes});
    tiles_.push_back(tile);
    return;
  }
  Bits bits{};
  for (Extent query = 0; query < present; ++query) {
    for (std::uint64_t row = rows.row(query, item_tile); row != 0; row &= row - 1) {
      const Extent item = __builtin_ctzll(row);
      bits[item] |= std::uint64_t{1} << query;
      include(tile.packs[item / kStripe], query / cpu::kPack);
      include(tile.stripes[query / cpu::kPack], item / kStripe);
    }
  }
  fill_holes(tile);
  tile.bits = place_of(bits);
  tiles_.push_back(tile);
}

// What lies between the packs of every stripe must lie between the stripes of every pack; where it does not, the tile is
// worked on as one rectangle.
void PairTiles::fill_holes(Tile& tile) {
  bool has_holes = false;
  Range packs;
  Range stripes;
  for (Extent stripe = 0; stripe < kStripes; ++stripe) {
    for (Extent pack = 0; pack < kPacks; ++pack) {
      const bool of_pack = has(tile.stripes[pack], stripe);
      const bool of_stripe = has(tile.packs[stripe], pack);
      has_holes |= of_pack != of_stripe;
      if (of_pack || of_stripe) include(packs, pack);
      if (of_pack || of_stripe) include(stripes, stripe);
    }
  }
  if (!has_holes) return;
  for (Extent stripe = 0; stripe < kStripes; ++stripe) {
    tile.packs[stripe] = has(stripes, stripe) ? packs : Range{};
  }
  for (Extent pack = 0; pack < kPacks; ++pack) {
    tile.stripes[pack] = has(packs, pack) ? stripes : Range{};
  }
}

// Patterns by distance have few different sets of bits: each is kept once.
Index PairTiles::place_of(const Bits& bits) {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a, by words
  for (const std::uint64_t word : bits) hash = (hash ^ word ^ (word >> 29)) * 1099511628211ULL;
  std::vector<Index>& bucket = places_[(hash >> 20) % kBuckets];
  for (const Index place : bucket) {
    if (bits_[place] == bits) return place;
  }
  bucket.push_back(static_cast<Index>(bits_.size()));
  bits_.push_back(bits);
  return bucket.back();
}

}  // namespace fovea
