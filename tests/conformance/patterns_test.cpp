#include <doctest/doctest.h>

#include <algorithm>

#include "framework/attention/pattern.h"
#include "tests/conformance/chosen.h"

namespace fovea::conformance {

TEST_CASE("every pattern gives ascending items in range, causal and dense ones what they claim") {
  const Extent sizes[][2] = {{1, 1}, {1, 6}, {6, 1}, {3, 5}, {5, 3}, {9, 9}};  // queries, items
  for (const std::string& text : texts_of<Pattern>({"dense & causal", "dense + causal", "causal + causal"})) {
    CAPTURE(text);
    const auto pattern = parse_pattern(text).pattern;
    for (const auto& [queries, items] : sizes) {
      for (Extent query = 0; query < queries; ++query) {
        std::vector<Index> candidates;
        pattern->candidates(query, queries, items, candidates);
        const bool is_in_range =
            std::all_of(candidates.begin(), candidates.end(), [n = items](Index i) { return i >= 0 && i < n; });
        CHECK(is_in_range);
        CHECK(std::adjacent_find(candidates.begin(), candidates.end(), std::greater_equal<>()) == candidates.end());
        if (pattern->is_dense()) CHECK(static_cast<Extent>(candidates.size()) == items);
        if (pattern->is_causal() && !candidates.empty()) CHECK(candidates.back() <= query);
      }
    }
  }
}

TEST_CASE("a pattern appends to what is there") {
  for (const std::string& text : texts_of<Pattern>({"dense & causal"})) {
    CAPTURE(text);
    std::vector<Index> candidates{42};
    parse_pattern(text).pattern->candidates(2, 4, 4, candidates);
    CHECK(candidates.size() >= 2);
    CHECK(candidates.front() == 42);
  }
}

}  // namespace fovea::conformance
