#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "framework/statistics/intervals.h"
#include "framework/statistics/permutation.h"

namespace fovea {

/// One number of one run, and the seed of that run.
struct SeedValue {
  std::uint64_t seed = 0;
  double value = 0;
};

/// The seeds that both groups have, ascending, and first - second at each.
struct PairedDifferences {
  std::vector<std::uint64_t> seeds;
  std::vector<double> differences;
};

/// Seeds that only one group has are left out.
/// Errors    a seed that comes twice in one group.
PairedDifferences paired_by_seed(std::span<const SeedValue> first, std::span<const SeedValue> second);

struct TTest {
  double t = 0;
  Extent degrees = 0;
  double p = 1;  // two-sided
};

/// The paired t test: t = mean / (s / sqrt(n)) of the differences, with n - 1 degrees of freedom.
///
/// Missing where `t_interval` is (n < 3, NaN, infinities), and where the differences are equal but for rounding: t would be
/// infinite, or 0 / 0.
/// Source    Student 1908, Biometrika 6, 1-25.
std::optional<TTest> paired_t_test(std::span<const double> differences);

/// What is said of two groups of runs with the same seeds: n, mean difference and its interval, and both tests.
struct PairedComparison {
  Summary difference;
  std::optional<PermutationTest> sign_flip;
  std::optional<TTest> t_test;
};

/// Errors    a level that is not between 0 and 1.
PairedComparison compare_pairs(std::span<const double> differences, double level = 0.95);

}  // namespace fovea
