#pragma once

#include <optional>
#include <span>

#include "framework/core/real.h"

namespace fovea {

/// From low to high, both included.
struct Interval {
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

/// The t interval of a mean over seeds: mean +- q s / sqrt(n), with the sample deviation s, and q the quantile of Student's
/// t with n - 1 degrees of freedom.
///
/// Missing for n < 3: at n = 2 the factor q is 12.7, and both points say more. Of equal values it is that value alone: they
/// show no spread, which does not mean that there is none.
/// Errors    a level that is not between 0 and 1.
/// Source    Student 1908, Biometrika 6, 1-25.
std::optional<Interval> t_interval(std::span<const double> values, double level = 0.95);

/// Wilson's score interval of a proportion, for the items of one run: with p = successes / n and the normal quantile z,
///   (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n).
///
/// It answers another question than `t_interval`: other items, not other seeds. Missing for n = 0; it begins at 0 where
/// nothing succeeded, and ends at 1 where everything did.
/// Errors    successes < 0 or > trials; a level that is not between 0 and 1.
/// Source    Wilson 1927, J. Am. Stat. Assoc. 22, 209-212.
std::optional<Interval> wilson_interval(Extent successes, Extent trials, double level = 0.95);

/// What is said of a group of runs: n, mean, sample deviation and t interval, each missing where it is not defined.
struct Summary {
  Extent n = 0;
  std::optional<double> mean;
  std::optional<double> deviation;
  std::optional<Interval> interval;
};

/// Errors    a level that is not between 0 and 1.
Summary summary_of(std::span<const double> values, double level = 0.95);

}  // namespace fovea
