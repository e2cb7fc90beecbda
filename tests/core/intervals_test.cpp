#include "framework/core/intervals.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>

#include "framework/core/rng.h"

namespace fovea {
namespace {

// Items below 40, each present with probability 1/2.
std::vector<Index> drawn_items(Rng& rng) {
  std::vector<Index> items;
  for (Index item = 0; item < 40; ++item) {
    if (rng.below(2) == 1) items.push_back(item);
  }
  return items;
}

ItemIntervals intervals_with(const std::vector<Index>& items) {
  ItemIntervals intervals;
  for (const Index item : items) append_items(item, item + 1, intervals);
  return intervals;
}

}  // namespace

TEST_CASE("consecutive items become one interval") {
  ItemIntervals intervals;
  append_items(-5, 3, intervals);
  append_items(3, 5, intervals);
  append_items(7, 12, intervals, 2);
  append_items(20, 20, intervals);
  CHECK(intervals == ItemIntervals{{0, 5}, {7, 8}, {9, 10}, {11, 12}});
  CHECK(count_items(intervals) == 8);
  CHECK(items_in(intervals) == std::vector<Index>{0, 1, 2, 3, 4, 7, 9, 11});
}

TEST_CASE("a step begins at its first multiple that is not negative") {
  ItemIntervals intervals;
  append_items(-5, 9, intervals, 3);
  CHECK(items_in(intervals) == std::vector<Index>{1, 4, 7});
}

TEST_CASE("unions and intersections hold the items of the sets") {
  Rng rng({.seed = 3});
  for (int round = 0; round < 200; ++round) {
    const std::vector<Index> a = drawn_items(rng);
    const std::vector<Index> b = drawn_items(rng);
    std::vector<Index> either;
    std::vector<Index> both;
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(either));
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    ItemIntervals joined;
    ItemIntervals shared;
    append_union(intervals_with(a), intervals_with(b), joined);
    append_intersection(intervals_with(a), intervals_with(b), shared);
    CHECK(joined == intervals_with(either));
    CHECK(shared == intervals_with(both));
  }
}

}  // namespace fovea
