#include "framework/statistics/mcnemar.h"

#include <doctest/doctest.h>

#include <vector>

#include "framework/core/error.h"
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
