#include "framework/train/slope_error.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace {

using fovea::kLargestSlopeError;

/// NaN where there is no slope.
template <class Cost>
double slope_error(const Cost& cost, double stated, const fovea::SlopePoint& point) {
  return fovea::slope_error(cost, stated, point).value_or(std::numeric_limits<double>::quiet_NaN());
}

/// A smooth function of slope `slope` at 0, and a value around 3.
auto smooth(double slope) {
  return [slope](double t) { return 3 + slope * std::sin(t) + slope * t * t * (2 + t); };
}

/// The same as a program would compute it: off by up to half of `rounding`, differently everywhere.
auto rounded(double slope, double rounding) {
  return [slope, rounding](double t) {
    const double value = smooth(slope)(t) / rounding;
    return rounding * (std::floor(value) + 0.5);
  };
}

}  // namespace

TEST_CASE("a right slope has no error, and four values are enough") {
  int values = 0;
  const auto line = [&](double t) {
    ++values;
    return 3 + 0.5 * t;
  };
  CHECK(slope_error(line, 0.5, {.value = 3}) < 1e-10);
  CHECK(values == 4);
}

TEST_CASE("an error of a slope is relative to the larger of both") {
  const auto line = [](double t) { return 2 * t; };
  CHECK(slope_error(line, 1, {}) == doctest::Approx(0.5));
  CHECK(slope_error(line, 4, {}) == doctest::Approx(0.5));
  CHECK(slope_error(line, -2, {}) == doctest::Approx(2));
  CHECK(slope_error(line, 0, {}) == doctest::Approx(1));
  CHECK(slope_error(line, 2.001, {.unit = 100}) == doctest::Approx(1e-5));
}

TEST_CASE("rounding of the costs never makes a right slope wrong") {
  const double rounding = 4e-16 * 3;
  for (const double slope : {1.0, 1e-3, 1e-6, 1e-9, 0.0}) {
    CAPTURE(slope);
    CHECK(slope_error(rounded(slope, rounding), slope, {3, 1e-12, rounding}) <= kLargestSlopeError);
  }
}

TEST_CASE("a slope that is off by 1e-4 of itself is wrong, in spite of rounding") {
  const double rounding = 4e-16 * 3;
  for (const double slope : {1.0, 1e-3, 1e-6}) {
    for (const double factor : {1.0001, 0.9999, 0.0, -1.0, 2.0}) {
      CAPTURE(slope);
      CAPTURE(factor);
      CHECK(slope_error(rounded(slope, rounding), factor * slope, {3, 1e-12, rounding}) > 1e-5);
    }
  }
}

TEST_CASE("a kink or a jump within a step leaves a right slope right, and a wrong one wrong") {
  for (const double place : {3e-3, 3e-4, 3e-5, 3e-6, -3e-4, -3e-5, -3e-6}) {
    const auto kink = [place](double t) { return smooth(1)(t) + 5 * std::abs(t - place); };
    const auto jump = [place](double t) { return smooth(1)(t) + (t > place ? 0.5 : 0); };
    const double slope = place > 0 ? -4 : 6;
    CAPTURE(place);
    CHECK(slope_error(kink, slope, {.value = kink(0)}) <= kLargestSlopeError);
    CHECK(slope_error(kink, 1.0001 * slope, {.value = kink(0)}) > 5e-5);
    CHECK(slope_error(jump, 1, {.value = jump(0)}) <= kLargestSlopeError);
    CHECK(slope_error(jump, 1.0001, {.value = jump(0)}) > 5e-5);
  }
}

TEST_CASE("at a kink the slope to either side is right, and that between them wrong") {
  const auto kink = [](double t) { return 3 + 2 * std::abs(t) + t; };
  CHECK(slope_error(kink, 3, {.value = 3}) <= kLargestSlopeError);
  CHECK(slope_error(kink, -1, {.value = 3}) <= kLargestSlopeError);
  CHECK(slope_error(kink, 2, {.value = 3}) > 0.1);
}

TEST_CASE("many small kinks leave a right slope right, and one that is off by 1e-4 wrong") {
  double slope = 0.1;
  std::vector<std::pair<double, double>> kinks;  // how steep, and where
  for (int i = 0; i < 400; ++i) {
    kinks.emplace_back(0.01 * std::sin(i), 1e-5 * (i - 199.5));
    if (kinks.back().first * kinks.back().second < 0) slope += kinks.back().first;
  }
  const auto cost = [&](double t) {
    double value = 3 + 0.1 * t;
    for (const auto& [steep, place] : kinks) value += std::max(0.0, steep * (t - place));
    return value;
  };
  CHECK(slope_error(cost, slope, {.value = cost(0)}) <= kLargestSlopeError);
  CHECK(slope_error(cost, 1.0001 * slope, {.value = cost(0)}) > 5e-5);
}

TEST_CASE("small steps, where rounding is large, excuse nothing where the function is smooth") {
  const double rounding = 1e-13;  // over a step of 1e-7 it would explain 4e-6
  const double slope = 1e-4;
  CHECK(slope_error(rounded(slope, rounding), slope, {3, 1e-12, rounding}) <= kLargestSlopeError);
  CHECK(slope_error(rounded(slope, rounding), slope + 1e-7, {3, 1e-12, rounding}) > 1e-4);
}

TEST_CASE("a cost that jumps however small the step is has no slope, right or wrong") {
  // As where rounding decides many choices between equals: no two values come from the same choices.
  const auto chaos = [](double t) { return smooth(1)(t) + 1e-4 * std::sin(1e12 * (t + 0.7)); };
  for (const double stated : {1.0, 2.0, 0.0}) {
    CHECK_FALSE(fovea::slope_error(chaos, stated, {.value = chaos(0), .rounding = 1e-15}).has_value());
  }
}

TEST_CASE("a cost that is NaN has an error that is NaN") {
  const auto root = [](double t) { return std::sqrt(t - 1e-3); };
  CHECK(std::isnan(*fovea::slope_error(root, 1, {})));
  CHECK(std::isnan(*fovea::slope_error([](double t) { return t; }, std::numeric_limits<double>::quiet_NaN(), {})));
}
