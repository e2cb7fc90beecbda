#include "framework/statistics/intervals.h"

#include <doctest/doctest.h>

#include <vector>

#include "framework/core/error.h"
#include "framework/core/rng.h"
#include "framework/statistics/distributions.h"
#include "tests/statistics/relative_error.h"

using namespace fovea;
using namespace fovea::testing;
using Values = std::vector<double>;

namespace {

double interval_error(const std::optional<Interval>& interval, double low, double high) {
  if (!interval) return kInfinity;
  return std::max(relative_error(interval->low, low), relative_error(interval->high, high));
}

}  // namespace

TEST_CASE("quantiles and tails are those of scipy") {
  // By hand: tan(0.475 pi) for 1 degree of freedom, 0.95 sqrt(2 / (1 - 0.95^2)) for 2.
  // x = scipy.special.betaincinv(df / 2, 0.5, 0.05); sqrt(df * (1 - x) / x), and mpmath with 40 digits.
  // (scipy.stats.t.ppf of scipy 1.10 is right to 4e-11 only: 12.706204736432, 4.302652729911.)
  CHECK(relative_error(student_quantile(0.95, 1), 12.7062047361747046) < kLimit);
  CHECK(relative_error(student_quantile(0.95, 2), 4.30265272974946385) < kLimit);
  CHECK(relative_error(student_quantile(0.95, 3), 3.18244630528370959) < kLimit);
  CHECK(relative_error(student_quantile(0.95, 10), 2.22813885198627475) < kLimit);
  CHECK(relative_error(student_quantile(0.95, 1000), 1.96233908082640848) < kLimit);
  // 2 * scipy.stats.t.sf(abs(t), df)
  CHECK(relative_error(student_p(1.5, 4), 0.20799999999999982) < kLimit);
  CHECK(relative_error(student_p(-3.2, 9), 0.010831302589901327) < kLimit);
  CHECK(relative_error(student_p(12, 30), 5.580185415199261e-13) < kLimit);
  CHECK(student_p(0, 5) == 1.0);
  // scipy.stats.norm.ppf(0.975), (0.995)
  CHECK(relative_error(normal_quantile(0.95), 1.959963984540054) < kLimit);
  CHECK(relative_error(normal_quantile(0.99), 2.5758293035489004) < kLimit);
}

TEST_CASE("the t interval is that of scipy") {
  // By hand: mean 0.75, s = 0.25, half = 4.30265272974946385 * 0.25 / sqrt(3).
  CHECK(interval_error(t_interval(Values{0.5, 0.75, 1}), 0.12896557206241723, 1.3710344279375828) < kLimit);
  // numpy.mean(x) -+ q * scipy.stats.sem(x), with the quantile q of mpmath
  const Values accuracies{0.91, 0.87, 0.94, 0.89, 0.92};
  CHECK(interval_error(t_interval(accuracies), 0.87245208615073345, 0.93954791384926656) < kLimit);
  CHECK(interval_error(t_interval(accuracies, 0.99), 0.85036851000268707, 0.96163148999731294) < kLimit);
  CHECK(interval_error(t_interval(accuracies, 0.5), 0.89705012308015902, 0.91494987691984099) < kLimit);
}

TEST_CASE("one or two seeds, NaN and infinity have no t interval") {
  CHECK(t_interval(Values{}) == std::nullopt);
  CHECK(t_interval(Values{1}) == std::nullopt);
  CHECK(t_interval(Values{1, 2}) == std::nullopt);
  CHECK(t_interval(Values{1, 2, kNan}) == std::nullopt);
  CHECK(t_interval(Values{1, 2, kInfinity}) == std::nullopt);
  CHECK(t_interval(Values{1e308, -1e308, 1e308}) == std::nullopt);
}

TEST_CASE("the t interval of equal values is that value") { CHECK(t_interval(Values{0.3, 0.3, 0.3}) == Interval{0.3, 0.3}); }

TEST_CASE("a t interval covers the mean of normal numbers as often as its level says") {
  int covered = 0;
  constexpr int kRounds = 4000;
  for (int round = 0; round < kRounds; ++round) {
    Rng rng({.seed = 5, .step = static_cast<std::uint32_t>(round)});
    Values values(4);
    for (double& value : values) value = 3 + rng.normal();
    const auto interval = t_interval(values, 0.9);
    REQUIRE(interval.has_value());
    if (interval->low <= 3 && 3 <= interval->high) ++covered;
  }
  CHECK(std::abs(covered - 0.9 * kRounds) < 4 * std::sqrt(kRounds * 0.9 * 0.1));
}

TEST_CASE("a level of confidence that is not between 0 and 1 is refused") {
  for (const double level : {0.0, 1.0, -0.5, 95.0, kNan}) {
    CHECK_THROWS_AS(t_interval(Values{1, 2, 3}, level), Error);
    CHECK_THROWS_AS(t_interval(Values{1}, level), Error);
    CHECK_THROWS_AS(wilson_interval(1, 2, level), Error);
  }
  CHECK_THROWS_WITH(t_interval(Values{1, 2, 3}, 95),
                    "[statistics] a level of confidence is between 0 and 1; 95 came; give one such as 0.95.");
  CHECK(t_interval(Values{1, 2, 3}, std::nextafter(1.0, 0.0)).has_value());
  CHECK(t_interval(Values{1, 2, 3}, 1e-300).has_value());
}

TEST_CASE("the Wilson interval is that of scipy") {
  // scipy.stats.binomtest(k, n).proportion_ci(level, method='wilson')
  CHECK(interval_error(wilson_interval(8, 10), 0.4901624715366418, 0.9433178485456248) < kLimit);
  CHECK(interval_error(wilson_interval(9876, 10000), 0.9852361608857194, 0.9895893639031967) < kLimit);
  CHECK(interval_error(wilson_interval(50, 100, 0.9), 0.41884779611252954, 0.5811522038874705) < kLimit);
}

TEST_CASE("the Wilson interval of none and of all ends exactly at 0 and at 1") {
  // By hand for n = 1 and z^2 = 3.8414588: from 1 / (1 + z^2) = 0.2065493 to 1.
  CHECK(interval_error(wilson_interval(1, 1), 0.20654931437723745, 1) < kLimit);
  CHECK(interval_error(wilson_interval(0, 10), 0, 0.27753279986288926) < kLimit);
  CHECK(interval_error(wilson_interval(10, 10), 0.7224672001371109, 1) < kLimit);
  for (Extent n = 1; n < 300; ++n) {
    CHECK(wilson_interval(0, n)->low == 0.0);
    CHECK(wilson_interval(n, n)->high == 1.0);
  }
  CHECK(wilson_interval(0, 0) == std::nullopt);
}

TEST_CASE("counts that are no proportion are refused") {
  CHECK_THROWS_AS(wilson_interval(-1, 10), Error);
  CHECK_THROWS_AS(wilson_interval(11, 10), Error);
  CHECK_THROWS_AS(wilson_interval(0, -1), Error);
  CHECK_THROWS_WITH(
      wilson_interval(11, 10),
      "[statistics] successes lie between 0 and the number of trials; 11 of 10 came; count both over the same items.");
}

TEST_CASE("a summary holds what is defined for so many runs") {
  const Summary none = summary_of(Values{});
  CHECK(none.n == 0);
  CHECK(none.mean == std::nullopt);
  const Summary two = summary_of(Values{1, 3});
  CHECK(two.n == 2);
  CHECK(two.mean == 2.0);
  CHECK(two.deviation.has_value());
  CHECK(two.interval == std::nullopt);
  CHECK(summary_of(Values{1, 2, 3}).interval.has_value());
  const Summary diverged = summary_of(Values{1, 2, kNan});
  CHECK(diverged.n == 3);
  CHECK(diverged.mean == std::nullopt);
  CHECK(diverged.interval == std::nullopt);
}
