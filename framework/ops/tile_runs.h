#pragma once

#include "framework/ops/packs.h"
#include "framework/ops/pair_tiles.h"

// Internal to tile_attention: which parts of a tile are worked on.
namespace fovea::tiles {

/// Calls body(first, end, range) for every run of neighbours with the same range that is not empty.
template <std::size_t kCount, class Body>
void for_runs(const std::array<PairTiles::Range, kCount>& ranges, Body body) {
  for (std::size_t first = 0; first < kCount;) {
    std::size_t end = first + 1;
    while (end < kCount && ranges[end] == ranges[first]) ++end;
    if (ranges[first].begin < ranges[first].end) body(static_cast<Extent>(first), static_cast<Extent>(end), ranges[first]);
    first = end;
  }
}

/// to [rows, columns] with rows of `row` += from [rows, kPack]; columns < kPack.
inline void add_columns(const Real* from, Extent rows, Extent columns, Real* to, Extent row) {
  for (Extent k = 0; k < rows; ++k, to += row) {
    cpu::store_part(to, cpu::load_part(to, columns) + cpu::load(from + k * kPack), columns);
  }
}

}  // namespace fovea::tiles
