#include "framework/attention/tiles/attend_tiles.h"
#include "framework/attention/pattern_text.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "framework/core/error.h"

namespace fovea {
namespace {

// The items that a query sees, from its intervals.
std::vector<Index> items_of(const PairIntervals& pairs, Extent query, Extent items) {
  ItemIntervals intervals;
  pairs(query, items, items, intervals);
  return items_in(intervals);
}

}  // namespace

TEST_CASE("the intervals of a pattern hold its candidates, in tiles as well") {
  for (const char* text : {"dense", "causal", "window(5, 2) + global(3)", "strided(7)", "causal & dilated(3)", "axial(9)",
                           "block(10) & causal", "fixed(8)"}) {
    CAPTURE(text);
    const std::shared_ptr<const Pattern> pattern = parse_pattern(text).pattern;
    const PairIntervals pairs = intervals_of(pattern);
    std::uint64_t count = 0;
    for (Extent query = 0; query < 100; ++query) {
      const std::vector<Index> candidates = items_in(candidates_of(*pattern, query, 100, 100));
      CHECK(items_of(pairs, query, 100) == candidates);
      count += candidates.size();
    }
    CHECK(PairTiles(100, 100, pairs).pairs() == count);
  }
}

TEST_CASE("a pattern that reads data has no intervals") {
  CHECK_THROWS_WITH_AS(intervals_of(parse_pattern("content_top_k(4)").pattern),
                       doctest::Contains("a pattern by place was expected"), Error);
}

}  // namespace fovea
