#pragma once

#include <algorithm>
#include <array>

#include "framework/attention/tiles/pair_tiles.h"
#include "framework/cpu/packs.h"

// Internal to tile_attention: rows of one head, which lie far apart in memory.
namespace fovea::tiles {

/// Rows of the next tile, asked for while this one is worked on: rows of one head lie far apart, so that no prefetcher sees
/// them coming, and they fall into few sets of the second-level cache.
class NextRows {
 public:
  static constexpr std::size_t kMost = 4;

  void forget() { count_ = 0; }
  void add(const Real* at, Extent row) {
    if (at != nullptr) rows_[count_++] = {at, row};
  }

  /// A share of each row, one of kPacks, row after row.
  class Share {
   public:
    Share(const NextRows& next, Extent share, Extent first) {
      for (std::size_t i = 0; i < next.count_; ++i) {
        row_[i] = next.rows_[i].row;
        at_[i] = next.rows_[i].at + share * kPack + first * row_[i];
      }
    }
    void fetch() {
#pragma GCC unroll 4
      for (std::size_t i = 0; i < kMost; ++i) {
        __builtin_prefetch(at_[i], 0, 2);  // of null: nothing
        at_[i] += row_[i];
      }
    }

   private:
    std::array<const Real*, kMost> at_{};
    std::array<Extent, kMost> row_{};
  };

  /// Of the rows outside of `stripes`, which a loop over these leaves out.
  void fetch_others(const PairTiles::Range& stripes, Extent share) const {
    Share before(*this, share, 0);
    for (Extent k = 0; k < stripes.begin * PairTiles::kStripe; ++k) before.fetch();
    Share after(*this, share, stripes.end * PairTiles::kStripe);
    for (Extent k = stripes.end * PairTiles::kStripe; k < PairTiles::kItems; ++k) after.fetch();
  }

 private:
  struct Rows {
    const Real* at;
    Extent row;
  };
  std::array<Rows, kMost> rows_;
  std::size_t count_ = 0;
};

/// Clears gradients of items and values just before something is added to them, where they are to be written.
class ItemClearing {
 public:
  void expect(Real* items, Extent row, Extent width) { rows_[count_++] = {items, row, width}; }
  /// From tile `begin` on.
  void start(Extent begin, Extent item_count) {
    next_ = begin;
    item_count_ = item_count;
  }
  /// Everything before tile `end` is cleared.
  void reach(Extent end) {
    if (count_ == 0 || next_ >= end) return;
    const Extent last = std::min(end * PairTiles::kItems, item_count_);
    for (std::size_t i = 0; i < count_; ++i) {
      const Rows& rows = rows_[i];
      for (Extent k = next_ * PairTiles::kItems; k < last; ++k) clear(rows.at + k * rows.row, rows.width);
    }
    next_ = end;
  }

 private:
  struct Rows {
    Real* at;
    Extent row;
    Extent width;
  };
  std::array<Rows, 2> rows_;
  std::size_t count_ = 0;
  Extent next_ = 0;
  Extent item_count_ = 0;
};

}  // namespace fovea::tiles
