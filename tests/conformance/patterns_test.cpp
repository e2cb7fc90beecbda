#include <doctest/doctest.h>

#include <algorithm>

#include "framework/attention/pattern_text.h"
#include "tests/conformance/chosen.h"

namespace fovea::conformance {
namespace {

std::vector<std::string> pattern_texts() {
  return texts_of<Pattern>({"dense & causal",
                            "dense + causal",
                            "causal + causal",
                            "window(2)",
                            "window(0)",
                            "window(3, 0)",
                            "dilated(3)",
                            "dilated(2, count=1)",
                            "global(2)",
                            "global(2, symmetric=false)",
                            "strided(3)",
                            "strided(1)",
                            "fixed(3, 1)",
                            "fixed(2, 5)",
                            "block(2)",
                            "block(3, before=1, after=2)",
                            "random_blocks(2, 2)",
                            "random_blocks(1, 3, seed=7)",
                            "axial(3)",
                            "axial(3, row)",
                            "axial(3, column)",
                            "window(1) + global(1)",
                            "content_top_k(2) & causal",
                            "window(1) + hash_buckets(3, 1)",
                            "content_clusters(3, most=2)",
                            "window(1) + content_clusters(2, looks=2)",
                            "(window(2) + random_blocks(2, 1)) & causal",
                            "adaptive_span(1, ramp=2, most=3)",
                            "causal & adaptive_span(0.5, ramp=1, most=2)"});
}

Extent counted_pairs(const Pattern& pattern, Extent queries, Extent items) {
  Extent pairs = 0;
  for (Extent query = 0; query < queries; ++query) pairs += count_items(candidates_of(pattern, query, queries, items));
  return pairs;
}

}  // namespace

TEST_CASE("every pattern gives ascending items in range, causal and dense ones what they claim") {
  const Extent sizes[][2] = {{1, 1}, {1, 6}, {6, 1}, {3, 5}, {5, 3}, {9, 9}};  // queries, items
  for (const std::string& text : pattern_texts()) {
    CAPTURE(text);
    const auto pattern = parse_pattern(text).pattern;
    for (const auto& [queries, items] : sizes) {
      for (Extent query = 0; query < queries; ++query) {
        const std::vector<Index> candidates = items_in(candidates_of(*pattern, query, queries, items));
        const bool is_in_range =
            std::all_of(candidates.begin(), candidates.end(), [n = items](Index i) { return i >= 0 && i < n; });
        CHECK(is_in_range);
        CHECK(std::adjacent_find(candidates.begin(), candidates.end(), std::greater_equal<>()) == candidates.end());
        if (pattern->is_dense()) CHECK(static_cast<Extent>(candidates.size()) == items);
        if (pattern->is_causal() && !candidates.empty()) CHECK(candidates.back() <= query);
      }
      if (depends_on_data(*pattern)) continue;  // candidates() is more than what exists: counted in sites_test.cpp
      CHECK(counted_pairs(*pattern, queries, items) <= pattern->pairs_at_most(queries, items));
    }
  }
}

TEST_CASE("every pattern costs the pairs that it claims, and claims no more than twice what it costs") {
  for (const std::string& text : texts_of<Pattern>({"window(9, 4)", "dilated(3)", "dilated(3, 5)", "block(16, 1)",
                                                    "strided(8)", "fixed(32, 1)", "axial(16, row)", "axial(16, column)"})) {
    CAPTURE(text);
    const auto pattern = parse_pattern(text).pattern;
    if (depends_on_data(*pattern)) continue;
    const Extent claimed = pattern->pairs_at_most(512, 512);
    const Extent counted = counted_pairs(*pattern, 512, 512);
    CHECK(counted <= claimed);
    CHECK(claimed <= 2 * counted);
  }
}

TEST_CASE("a pattern appends to what is there") {
  for (const std::string& text : texts_of<Pattern>({"dense & causal"})) {
    CAPTURE(text);
    const auto pattern = parse_pattern(text).pattern;
    std::vector<Index> expected = items_in(candidates_of(*pattern, 2, 4, 4));
    expected.insert(expected.begin(), 42);
    ItemIntervals candidates{{42, 43}};
    pattern->candidates(2, 4, 4, candidates);
    CHECK(items_in(candidates) == expected);
  }
}

}  // namespace fovea::conformance
