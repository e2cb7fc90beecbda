#include "framework/statistics/band.h"

#include <doctest/doctest.h>

#include <vector>

#include "framework/core/error.h"
#include "tests/statistics/relative_error.h"

using namespace fovea;
using namespace fovea::testing;

TEST_CASE("a band has the steps that all curves have, and at each the mean and t interval") {
  const std::vector<Curve> curves{
      {{0, 10, 20, 30}, {0.5, 9, 1, 2}},
      {{0, 15, 20, 30, 40}, {0.75, 9, 2, 2, 9}},
      {{-5, 0, 20, 25, 30}, {9, 1, 4, 9, 2}},
  };
  const std::vector<BandPoint> band = pointwise_band(curves);
  REQUIRE(band.size() == 3);
  CHECK(band[0].step == 0);
  CHECK(band[0].summary.n == 3);
  CHECK(band[0].summary.mean == 0.75);
  CHECK(relative_error(band[0].summary.interval->low, 0.12896557206241723) < kLimit);  // as in intervals_test.cpp
  CHECK(relative_error(band[0].summary.interval->high, 1.3710344279375828) < kLimit);
  CHECK(band[1].step == 20);
  CHECK(relative_error(band[1].summary.mean, 7.0 / 3) < kLimit);
  CHECK(band[2].step == 30);
  CHECK(band[2].summary.interval == Interval{2, 2});
}

TEST_CASE("one or two curves have a mean and no interval, and none have no points") {
  const Curve curve{{1, 2}, {0.5, 0.25}};
  CHECK(pointwise_band({}).empty());
  const std::vector<BandPoint> one = pointwise_band(std::vector{curve});
  REQUIRE(one.size() == 2);
  CHECK(one[1].summary.mean == 0.25);
  CHECK_FALSE(one[1].summary.interval.has_value());
  CHECK_FALSE(pointwise_band(std::vector{curve, curve})[0].summary.interval.has_value());
  CHECK(pointwise_band(std::vector{curve, curve, curve})[0].summary.interval.has_value());
}

TEST_CASE("curves without a common step, and an empty one, give no points") {
  const Curve odd{{1, 3}, {1, 1}};
  const Curve even{{2, 4}, {1, 1}};
  CHECK(pointwise_band(std::vector{odd, even}).empty());
  CHECK(pointwise_band(std::vector{odd, Curve{}}).empty());
}

TEST_CASE("a NaN takes the mean away at its step only") {
  const Curve curve{{1, 2, 3}, {1, 1, 1}};
  const Curve diverged{{1, 2, 3}, {1, kNan, kInfinity}};
  const std::vector<BandPoint> band = pointwise_band(std::vector{curve, diverged, curve});
  REQUIRE(band.size() == 3);
  CHECK(band[0].summary.mean == 1.0);
  CHECK(band[1].summary.n == 3);
  CHECK_FALSE(band[1].summary.mean.has_value());
  CHECK_FALSE(band[1].summary.interval.has_value());
  CHECK_FALSE(band[2].summary.mean.has_value());
}

TEST_CASE("curves whose steps do not ascend or whose values are not as many are refused") {
  CHECK_THROWS_WITH(
      pointwise_band(std::vector{Curve{{1, 2, 2}, {1, 1, 1}}}),
      "[statistics] the steps of a curve ascend; 2 came after 2; keep the last value of each step, in the order of "
      "steps.");
  CHECK_THROWS_AS(pointwise_band(std::vector{Curve{{2, 1}, {1, 1}}}), Error);
  CHECK_THROWS_WITH(
      pointwise_band(std::vector{Curve{{1, 2}, {1}}}),
      "[statistics] a value was expected for each step of a curve; 2 steps and 1 values came; give one for each.");
  CHECK_THROWS_AS(pointwise_band({}, 1), Error);
}
