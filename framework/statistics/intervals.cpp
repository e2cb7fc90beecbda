#include "framework/statistics/intervals.h"

#include <cmath>
#include <string>

#include "framework/core/error.h"
#include "framework/statistics/distributions.h"
#include "framework/statistics/moments.h"

namespace fovea {

std::optional<Interval> t_interval(std::span<const double> values, double level) {
  expect_level(level);
  if (values.size() < 3 || !all_finite(values)) return std::nullopt;
  const double centre = *mean(values);
  const double error = *sample_deviation(values) / std::sqrt(static_cast<double>(values.size()));
  const double half = error == 0 ? 0 : student_quantile(level, static_cast<Extent>(values.size()) - 1) * error;
  const Interval interval{centre - half, centre + half};
  if (!std::isfinite(interval.low) || !std::isfinite(interval.high)) return std::nullopt;
  return interval;
}

std::optional<Interval> wilson_interval(Extent successes, Extent trials, double level) {
  expect_level(level);
  if (successes < 0 || successes > trials) {
    throw Error("statistics", "successes lie between 0 and the number of trials; " + std::to_string(successes) + " of " +
                                  std::to_string(trials) + " came; count both over the same items.");
  }
  if (trials == 0) return std::nullopt;
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double z = normal_quantile(level);
  const double centre = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // At the ends the two terms cancel but for rounding.
  return Interval{successes == 0 ? 0 : (centre - half) / scale, successes == trials ? 1 : (centre + half) / scale};
}

Summary summary_of(std::span<const double> values, double level) {
  return {static_cast<Extent>(values.size()), mean(values), sample_deviation(values), t_interval(values, level)};
}

}  // namespace fovea
