#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>

#include "framework/attention/pattern_text.h"
#include "framework/core/error.h"

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

TEST_CASE("the largest whole number is no limit, in every option of every pattern of places") {
  const std::string most = "9223372036854775807";
  const Pair all = [](Extent, Extent) { return true; };
  const Pair past = [](Extent m, Extent n) { return n <= m; };
  check_pairs("window(" + most + ")", all);
  check_pairs("window(before=" + most + ", after=0)", past);
  check_pairs("window(0, after=" + most + ")", [](Extent m, Extent n) { return n >= m; });
  check_pairs("window(before=9223372036854775806, after=9223372036854775806)", all);
  check_pairs("block(" + most + ")", all);
  check_pairs("block(4611686018427387904, before=2, after=2)", all);
  check_pairs("block(4, after=" + most + ")", [](Extent m, Extent n) { return n / 4 >= m / 4; });
  check_pairs("block(4, before=" + most + ")", [](Extent m, Extent n) { return n / 4 <= m / 4; });
  check_pairs("block(" + most + ", " + most + ", " + most + ")", all);
  check_pairs("dilated(2, count=" + most + ")", [](Extent m, Extent n) { return distance(m, n) % 2 == 0; });
  check_pairs("dilated(" + most + ")", [](Extent m, Extent n) { return m == n; });
  check_pairs("dilated(" + most + ", count=" + most + ")", [](Extent m, Extent n) { return m == n; });
  check_pairs("random_blocks(" + most + ")", all);
  check_pairs("random_blocks(4, count=" + most + ", seed=" + most + ")", all);
  check_pairs("random_blocks(" + most + ", " + most + ")", all);
  check_pairs("strided(" + most + ")", past);
  check_pairs("fixed(" + most + ")", past);
  check_pairs("fixed(4, summary=" + most + ")", past);
  check_pairs("fixed(" + most + ", summary=" + most + ")", past);
  check_pairs("global(" + most + ")", all);
  check_pairs("axial(" + most + ")", all);
  check_pairs("axial(" + most + ", column)", [](Extent m, Extent n) { return m == n; });
  check_pairs("content_top_k(" + most + ")", all);
  check_pairs("routed_blocks(" + most + ")", all);
  check_pairs("adaptive_span(ramp=1e300)", all);
}

TEST_CASE("no pattern claims fewer pairs than there are where its options are the largest whole numbers") {
  const std::string most = "9223372036854775807";
  for (const char* text :
       {"window(MOST)", "window(MOST, MOST)", "block(MOST, MOST, MOST)", "block(3, MOST, MOST)", "dilated(2, MOST)",
        "dilated(MOST)", "random_blocks(MOST)", "random_blocks(2, MOST)", "strided(MOST)", "fixed(MOST)", "fixed(3, MOST)",
        "fixed(MOST, MOST)", "global(MOST)", "axial(MOST)", "adaptive_span(ramp=1e300)"}) {
    std::string whole = text;
    for (auto at = whole.find("MOST"); at != std::string::npos; at = whole.find("MOST")) whole.replace(at, 4, most);
    CAPTURE(whole);
    const auto pattern = parse_pattern(whole).pattern;
    Extent pairs = 0;
    for (Extent query = 0; query < 9; ++query) pairs += count_items(candidates_of(*pattern, query, 9, 9));
    CHECK(pattern->pairs_at_most(9, 9) >= pairs);
    CHECK(pattern->pairs_at_most(9, 9) <= 9 * 9);
  }
}

TEST_CASE("texts of patterns have a limit of length and of depth, with a message") {
  const auto failure = [](const std::string& text) -> std::string {
    try {
      parse_pattern(text);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  const auto repeated = [](const std::string& one, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += one;
    return text;
  };
  CHECK(failure(repeated("(", 60) + "causal" + repeated(")", 60)).empty());
  CHECK(failure("causal" + repeated(" + causal", 900)).empty());
  for (const std::string& text : {repeated("(", 20000) + "causal" + repeated(")", 20000), repeated("(", 20000),
                                  "causal" + repeated("+causal", 15000), "causal" + repeated("&causal", 15000)}) {
    const std::string message = failure(text);
    CHECK(message.starts_with("[pattern] "));
    CHECK(message.size() < 600);
  }
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
