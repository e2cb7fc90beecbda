#pragma once

#include <array>

#include "framework/core/real.h"

// Internal to products with panels: memory that is wanted next, fetched into the second-level cache at every step.
namespace fovea::cpu {

/// `lines` cache lines side by side in each of `rows` rows, which lie `row` Reals apart.
struct FetchTile {
  const Real* at = nullptr;
  Extent row = 0;
  Extent rows = 0;
  Extent lines = 0;
};
using FetchTiles = std::array<FetchTile, 3>;

inline constexpr Extent kCacheLine = 64 / static_cast<Extent>(sizeof(Real));

/// Dense memory of `count` Reals as a tile.
inline FetchTile dense_tile(const Real* at, Extent count) { return {at, kCacheLine, count / kCacheLine, 1}; }

/// What one block of rows of a product fetches: a line at every step, `step` apart, blocks of steps `block` apart.
struct Ahead {
  const Real* line;
  Extent step;
  Extent block;
};

/// Hands out the tiles line by line.
class TileFetcher {
 public:
  TileFetcher(const FetchTiles& tiles, Extent blocks, Extent steps) : tiles_(tiles), blocks_(blocks), steps_(steps) {}

  /// False where nothing is left.
  bool next(Ahead& ahead) {
    for (; number_ < tiles_.size(); ++number_, line_ = 0) {
      const FetchTile& tile = tiles_[number_];
      if (line_ >= tile.lines) continue;
      ahead = {tile.at + line_ * kCacheLine + row_ * tile.row, tile.row, steps_ * tile.row};
      row_ += blocks_ * steps_;
      if (row_ < tile.rows) return true;
      row_ = 0;
      ++line_;
      return true;
    }
    return false;
  }

 private:
  const FetchTiles& tiles_;
  Extent blocks_;
  Extent steps_;
  std::size_t number_ = 0;
  Extent line_ = 0;
  Extent row_ = 0;
};

}  // namespace fovea::cpu
