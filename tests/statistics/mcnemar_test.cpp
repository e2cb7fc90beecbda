#include "framework/statistics/mcnemar.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "framework/core/error.h"
#include "framework/core/rng.h"
#include "tests/statistics/relative_error.h"

using namespace fovea;
using namespace fovea::testing;
using Bytes = std::vector<std::uint8_t>;

TEST_CASE("items on which two models differ are counted for each side") {
  CHECK(discordant_items(Bytes{1, 1, 0, 0, 1}, Bytes{1, 0, 1, 0, 0}) == Discordant{2, 1});
  CHECK(discordant_items(Bytes{2, 255}, Bytes{1, 0}) == Discordant{1, 0});
  CHECK(discordant_items(Bytes{}, Bytes{}) == Discordant{0, 0});
  CHECK_THROWS_WITH(
      discordant_items(Bytes{1, 1}, Bytes{1}),
      "[statistics] two models were expected on the same items; 2 and 1 items came; evaluate both on one split of "
      "one task.");
}

TEST_CASE("packed bits count as the items that they stand for, whatever follows the last one") {
  // Items 1 0 1 and 0 0 1, then bits that stand for nothing.
  CHECK(discordant_bits(Bytes{0b10100000}, Bytes{0b00111111}, 3) == Discordant{1, 0});
  CHECK(discordant_bits(Bytes{0b10110000}, Bytes{0b00101111}, 8) == Discordant{2, 4});
  for (Extent items = 0; items < 40; ++items) {
    Rng rng({.seed = 8, .step = static_cast<std::uint32_t>(items)});
    std::array<Bytes, 2> lists;
    std::array<Bytes, 2> packed;
    for (std::size_t side = 0; side < 2; ++side) {
      packed[side].resize(static_cast<std::size_t>((items + 7) / 8));
      for (std::uint8_t& byte : packed[side]) byte = static_cast<std::uint8_t>(rng.below(256));
      for (Extent i = 0; i < items; ++i) {
        lists[side].push_back(packed[side][static_cast<std::size_t>(i / 8)] >> (7 - i % 8) & 1);
      }
    }
    CHECK(discordant_bits(packed[0], packed[1], items) == discordant_items(lists[0], lists[1]));
  }
}

TEST_CASE("bits of another number of items are refused") {
  CHECK_THROWS_AS(discordant_bits(Bytes{1, 2}, Bytes{1, 2}, 8), Error);
  CHECK_THROWS_AS(discordant_bits(Bytes{1}, Bytes{1}, 9), Error);
  CHECK_THROWS_AS(discordant_bits(Bytes{1}, Bytes{1, 2}, 8), Error);
  CHECK_THROWS_AS(discordant_bits(Bytes{}, Bytes{}, -1), Error);
}

TEST_CASE("the exact McNemar test is what a hand counts and what scipy has") {
  // By hand: 2 (C(4, 0) + C(4, 1)) / 16 = 0.625; 2 / 2^5 = 0.0625.
  CHECK(relative_error(mcnemar_p({1, 3}), 0.625) < kLimit);
  CHECK(relative_error(mcnemar_p({0, 5}), 0.0625) < kLimit);
  // scipy.stats.binomtest(b, b + c, 0.5).pvalue
  CHECK(relative_error(mcnemar_p({3, 12}), 0.03515625) < kLimit);
  CHECK(relative_error(mcnemar_p({12, 3}), 0.03515625) < kLimit);
  CHECK(relative_error(mcnemar_p({40, 70}), 0.005447429511444476) < kLimit);
  CHECK(relative_error(mcnemar_p({1000, 1200}), 2.181702640791419e-05) < kLimit);
  CHECK(relative_error(mcnemar_p({0, 1000}), 1.8665272370064378e-301) < kLimit);
}

TEST_CASE("two models that differ on no item, on one, or equally often, give p = 1") {
  CHECK(mcnemar_p({0, 0}) == 1.0);
  CHECK(mcnemar_p({1, 0}) == 1.0);
  CHECK(mcnemar_p({0, 1}) == 1.0);
  CHECK(mcnemar_p({7, 7}) == 1.0);
  CHECK(mcnemar_p({500000, 500000}) == 1.0);
}

TEST_CASE("a negative count is refused") {
  CHECK_THROWS_AS(mcnemar_p({-1, 3}), Error);
  CHECK_THROWS_AS(mcnemar_p({3, -1}), Error);
}
