#pragma once

#include <span>
#include <vector>

#include "framework/core/real.h"

namespace fovea {

/// Items begin, ..., end - 1.
struct ItemInterval {
  Index begin = 0;
  Index end = 0;
  bool operator==(const ItemInterval&) const = default;
};

/// Ascending, disjoint, not adjacent, none empty.
using ItemIntervals = std::vector<ItemInterval>;

/// Appends begin, begin + step, ... below `end`, without those below 0; items adjacent to the last interval extend it.
void append_items(Extent begin, Extent end, ItemIntervals& out, Extent step = 1);

/// Appends the items that are in either of the two, or in both.
void append_union(std::span<const ItemInterval> a, std::span<const ItemInterval> b, ItemIntervals& out);
void append_intersection(std::span<const ItemInterval> a, std::span<const ItemInterval> b, ItemIntervals& out);

Extent count_items(std::span<const ItemInterval> intervals);
std::vector<Index> items_in(std::span<const ItemInterval> intervals);

}  // namespace fovea
