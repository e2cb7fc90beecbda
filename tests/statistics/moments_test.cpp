#include "framework/statistics/moments.h"

#include <doctest/doctest.h>

#include <vector>

#include "tests/statistics/relative_error.h"

using namespace fovea;
using namespace fovea::testing;
using Values = std::vector<double>;

TEST_CASE("mean and sample deviation of a few numbers are those of scipy") {
  // By hand: the mean of 1, 2, 4 is 7 / 3; squares 16/9 + 1/9 + 25/9 = 42/9; deviation sqrt(7 / 3).
  CHECK(relative_error(mean(Values{1, 2, 4}), 7.0 / 3) < kLimit);
  CHECK(relative_error(sample_deviation(Values{1, 2, 4}), std::sqrt(7.0 / 3)) < kLimit);
  // numpy.mean(x), numpy.std(x, ddof=1)
  const Values accuracies{0.91, 0.87, 0.94, 0.89, 0.92};
  CHECK(relative_error(mean(accuracies), 0.906) < kLimit);
  CHECK(relative_error(sample_deviation(accuracies), 0.027018512172212582) < kLimit);
}

TEST_CASE("too few numbers have no mean or no deviation") {
  CHECK(mean(Values{}) == std::nullopt);
  CHECK(sample_deviation(Values{}) == std::nullopt);
  CHECK(mean(Values{3}) == 3.0);
  CHECK(sample_deviation(Values{3}) == std::nullopt);
  CHECK(relative_error(sample_deviation(Values{1, 2}), std::sqrt(0.5)) < kLimit);
}

TEST_CASE("equal values have exactly their mean and deviation 0") {
  for (const double value : {0.1, 0.3, 1.0 / 3, 1e300, 1e-300, -7.7}) {
    for (std::size_t n = 2; n < 40; ++n) {
      const Values values(n, value);
      CHECK(mean(values) == value);
      CHECK(sample_deviation(values) == 0.0);
    }
  }
}

TEST_CASE("NaN and infinity are never left out of a mean") {
  for (const double bad : {kNan, kInfinity, -kInfinity}) {
    CHECK_FALSE(all_finite(Values{1, bad, 2}));
    CHECK(mean(Values{1, bad, 2}) == std::nullopt);
    CHECK(sample_deviation(Values{1, bad, 2}) == std::nullopt);
  }
  CHECK(all_finite(Values{}));
  CHECK(all_finite(Values{1, -2}));
}

TEST_CASE("moments of huge, tiny and far away numbers neither overflow nor cancel") {
  CHECK(relative_error(mean(Values{1e308, 1.5e308}), 1.25e308) < kLimit);
  CHECK(relative_error(sample_deviation(Values{1e308, -1e308, 0}), 1e308) < kLimit);
  CHECK(relative_error(sample_deviation(Values{1e-200, -1e-200, 0}), 1e-200) < kLimit);
  CHECK(relative_error(sample_deviation(Values{1e9 + 1, 1e9 + 2, 1e9 + 3}), 1) < kLimit);
}
