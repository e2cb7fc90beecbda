#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>

#include "framework/attention/pattern_text.h"

namespace fovea {
namespace {

std::vector<Index> items_of(const std::string& text, Extent query, Extent items) {
  return items_in(candidates_of(*parse_pattern(text).pattern, query, items, items));
}

using Pair = std::function<bool(Extent query, Extent item)>;

void check_pairs(const std::string& text, const Pair& exists) {
  CAPTURE(text);
  for (const auto& [queries, items] : {std::pair<Extent, Extent>{17, 17}, {23, 11}, {5, 30}}) {
    for (Extent query = 0; query < queries; ++query) {
      CAPTURE(query);
      std::vector<Index> expected;
      for (Extent item = 0; item < items; ++item) {
        if (exists(query, item)) expected.push_back(static_cast<Index>(item));
      }
      const std::vector<Index> candidates = items_in(candidates_of(*parse_pattern(text).pattern, query, queries, items));
      CHECK(candidates == expected);
    }
  }
}

Extent distance(Extent a, Extent b) { return std::abs(a - b); }

}  // namespace

TEST_CASE("patterns of places hold the pairs of their formulas") {
  check_pairs("window(3)", [](Extent m, Extent n) { return distance(m, n) <= 3; });
  check_pairs("window(3, 1)", [](Extent m, Extent n) { return n >= m - 3 && n <= m + 1; });
  check_pairs("dilated(3)", [](Extent m, Extent n) { return distance(m, n) % 3 == 0; });
  check_pairs("dilated(3, 2)", [](Extent m, Extent n) { return distance(m, n) % 3 == 0 && distance(m, n) <= 6; });
  check_pairs("global(2)", [](Extent m, Extent n) { return m < 2 || n < 2; });
  check_pairs("global(2, symmetric=false)", [](Extent, Extent n) { return n < 2; });
  check_pairs("strided(4)", [](Extent m, Extent n) { return n <= m && (m - n < 4 || (m - n) % 4 == 0); });
  check_pairs("fixed(4, 1)", [](Extent m, Extent n) { return n <= m && (n / 4 == m / 4 || n % 4 == 3); });
  check_pairs("fixed(4, 9)", [](Extent m, Extent n) { return n <= m; });
  check_pairs("block(4)", [](Extent m, Extent n) { return m / 4 == n / 4; });
  check_pairs("block(4, 1, 2)", [](Extent m, Extent n) { return n / 4 >= m / 4 - 1 && n / 4 <= m / 4 + 2; });
  check_pairs("axial(5)", [](Extent m, Extent n) { return m / 5 == n / 5 || m % 5 == n % 5; });
  check_pairs("axial(5, row)", [](Extent m, Extent n) { return m / 5 == n / 5; });
  check_pairs("axial(5, column)", [](Extent m, Extent n) { return m % 5 == n % 5; });
}

TEST_CASE("patterns that are joined hold the union, and those that are crossed the intersection of their pairs") {
  check_pairs("window(2) + global(1)", [](Extent m, Extent n) { return distance(m, n) <= 2 || m < 1 || n < 1; });
  check_pairs("causal & dilated(2)", [](Extent m, Extent n) { return n <= m && (m - n) % 2 == 0; });
  check_pairs("(window(2) + dilated(4)) & causal",
              [](Extent m, Extent n) { return n <= m && (m - n <= 2 || (m - n) % 4 == 0); });
}

TEST_CASE("random blocks are whole, different, the same for the queries of a block and in every call, and follow the seed") {
  const std::string text = "random_blocks(4, 3)";
  bool differs = false;
  for (Extent query = 0; query < 40; ++query) {
    const std::vector<Index> items = items_of(text, query, 40);
    REQUIRE(items.size() == 12);
    for (std::size_t i = 0; i < 12; ++i) CHECK(items[i] / 4 == items[i / 4 * 4] / 4);
    CHECK(items == items_of(text, query / 4 * 4, 40));
    differs = differs || items != items_of("random_blocks(4, 3, seed=1)", query, 40);
  }
  CHECK(differs);
  CHECK(items_of(text, 0, 10).size() == 10);  // three blocks are all there are
}

TEST_CASE("random blocks are drawn uniformly") {
  std::vector<int> counts(10);
  for (Extent block = 0; block < 3000; ++block) {
    for (const Index item : items_of("random_blocks(1, 3)", block, 10)) ++counts[item];
  }
  for (const int count : counts) CHECK(std::abs(count - 900) < 125);  // five deviations of a binomial of 3000 and 0.3
}

}  // namespace fovea
