#include "framework/statistics/holm.h"

#include <doctest/doctest.h>

#include <vector>

#include "framework/core/error.h"
#include "tests/statistics/relative_error.h"

using namespace fovea;
using namespace fovea::testing;
using PValues = std::vector<std::optional<double>>;

TEST_CASE("Holm's correction multiplies the smallest p by the number of comparisons, the next by one less") {
  // By hand, ascending: 4 x 0.01 = 0.04, 3 x 0.02 = 0.06, 2 x 0.03 = 0.06, 1 x 0.05 = 0.05, raised to 0.06.
  const PValues adjusted = holm(PValues{0.05, 0.01, 0.03, 0.02});
  REQUIRE(adjusted.size() == 4);
  CHECK(relative_error(adjusted[0], 0.06) < kLimit);
  CHECK(relative_error(adjusted[1], 0.04) < kLimit);
  CHECK(relative_error(adjusted[2], 0.06) < kLimit);
  CHECK(relative_error(adjusted[3], 0.06) < kLimit);
}

TEST_CASE("Holm's correction stays at or below 1, and leaves a single comparison alone") {
  CHECK(holm(PValues{0.25}) == PValues{0.25});
  CHECK(holm(PValues{0.5, 0.75, 1}) == PValues{1, 1, 1});
  CHECK(holm(PValues{0, 0}) == PValues{0, 0});
  CHECK(holm(PValues{0.125, 0.125}) == PValues{0.25, 0.25});
  CHECK(holm(PValues{}).empty());
}

TEST_CASE("a missing p-value stays missing and is not counted") {
  CHECK(holm(PValues{std::nullopt, 0.125, std::nullopt, 0.5}) == PValues{std::nullopt, 0.25, std::nullopt, 0.5});
  CHECK(holm(PValues{std::nullopt}) == PValues{std::nullopt});
}

TEST_CASE("what is no p-value is refused") {
  CHECK_THROWS_AS(holm(PValues{0.1, kNan}), Error);
  CHECK_THROWS_AS(holm(PValues{-0.1}), Error);
  CHECK_THROWS_WITH(holm(PValues{0.1, 1.5}),
                    "[statistics] a p-value lies between 0 and 1; 1.5 came; give a comparison without a test no p-value.");
}
