#include "framework/statistics/paired.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "framework/core/error.h"
#include "framework/statistics/distributions.h"
#include "framework/statistics/moments.h"

namespace fovea {
namespace {

std::map<std::uint64_t, double> by_seed(std::span<const SeedValue> group) {
  std::map<std::uint64_t, double> values;
  for (const SeedValue& run : group) {
    if (!values.emplace(run.seed, run.value).second) {
      throw Error("statistics", "a seed was expected once in a group of runs; seed " + std::to_string(run.seed) +
                                    " came twice; leave out one of the two runs.");
    }
  }
  return values;
}

}  // namespace

PairedDifferences paired_by_seed(std::span<const SeedValue> first, std::span<const SeedValue> second) {
  const std::map<std::uint64_t, double> others = by_seed(second);
  PairedDifferences pairs;
  for (const auto& [seed, value] : by_seed(first)) {
    const auto other = others.find(seed);
    if (other == others.end()) continue;
    pairs.seeds.push_back(seed);
    pairs.differences.push_back(value - other->second);
  }
  return pairs;
}

std::optional<TTest> paired_t_test(std::span<const double> differences) {
  if (differences.size() < 3 || !all_finite(differences)) return std::nullopt;
  double largest = 0;
  for (const double difference : differences) largest = std::max(largest, std::abs(difference));
  const double deviation = *sample_deviation(differences);
  if (deviation <= kRounding * largest) return std::nullopt;
  const auto n = static_cast<Extent>(differences.size());
  const double t = *mean(differences) / deviation * std::sqrt(static_cast<double>(n));
  return TTest{.t = t, .degrees = n - 1, .p = student_p(t, n - 1)};
}

PairedComparison compare_pairs(std::span<const double> differences, double level) {
  return {summary_of(differences, level), sign_flip_test(differences), paired_t_test(differences)};
}

}  // namespace fovea
