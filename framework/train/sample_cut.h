#pragma once

#include <algorithm>

#include "framework/core/shape.h"

namespace fovea {

inline constexpr Extent kMostEntries = Extent{1} << 17U;  // of a site, about

/// Of how many items, and of every n-th of their queries, the choices are kept.
struct SampleCut {
  Extent items = 0;
  Extent stride = 1;
};

/// Few queries of each item rather than few items, but at least four queries of each head.
/// `entries` are those of an item, on average; `queries` those of all heads.
inline SampleCut sample_cut(Extent entries, Extent items, Extent queries, Extent heads) {
  SampleCut cut{items, std::max<Extent>(1, (entries * items + kMostEntries - 1) / kMostEntries)};
  const Extent most = std::max<Extent>(1, queries / (4 * heads));
  if (cut.stride <= most) return cut;
  cut.stride = most;
  cut.items = std::clamp<Extent>(kMostEntries * most / std::max<Extent>(entries, 1), 1, std::max<Extent>(items, 1));
  return cut;
}

}  // namespace fovea
