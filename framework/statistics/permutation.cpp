#include "framework/statistics/permutation.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "framework/core/rng.h"
#include "framework/statistics/moments.h"

namespace fovea {
namespace {

constexpr std::uint32_t kMostTried = 4096;
constexpr std::uint32_t kDraws = 10000;
constexpr double kSmallestDrawn = 1.0 / (kDraws + 1);

// p of drawn arrangements: the one that was observed is counted among them, so that p is never 0.
double drawn_p(std::uint32_t hits) { return (1.0 + hits) / (1.0 + kDraws); }

double largest_magnitude(std::span<const double> values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

// Divided by the largest, so that no sum overflows; without signs, which the test draws.
std::vector<double> scaled_magnitudes(std::span<const double> values, double largest) {
  std::vector<double> scaled;
  for (const double value : values) scaled.push_back(std::abs(value / largest));
  std::sort(scaled.begin(), scaled.end());
  return scaled;
}

std::uint32_t hits_of_all_signs(std::span<const double> magnitudes, double limit) {
  std::uint32_t hits = 0;
  for (std::uint32_t signs = 0; signs < (1U << magnitudes.size()); ++signs) {
    double sum = 0;
    for (std::size_t i = 0; i < magnitudes.size(); ++i) sum += (signs >> i & 1U) == 1 ? magnitudes[i] : -magnitudes[i];
    if (std::abs(sum) >= limit) ++hits;
  }
  return hits;
}

// Draw d takes its signs from the bits of the key (stream, step d), the lowest bit of each word first.
std::uint32_t hits_of_drawn_signs(std::span<const double> magnitudes, double limit) {
  const std::uint32_t stream = stream_of("statistics/sign_flip");
  std::uint32_t hits = 0;
  for (std::uint32_t draw = 0; draw < kDraws; ++draw) {
    Rng rng({.stream = stream, .step = draw});
    std::uint32_t signs = 0;
    double sum = 0;
    for (std::size_t i = 0; i < magnitudes.size(); ++i) {
      signs = i % 32 == 0 ? rng.bits() : signs >> 1U;
      sum += (signs & 1U) == 1 ? magnitudes[i] : -magnitudes[i];
    }
    if (std::abs(sum) >= limit) ++hits;
  }
  return hits;
}

// The number of ways to choose `chosen` of `all` values, or anything above kMostTried where there are more.
std::uint64_t ways_to_choose(std::uint64_t chosen, std::uint64_t all) {
  std::uint64_t ways = 1;
  for (std::uint64_t i = 1; i <= chosen && ways <= kMostTried; ++i) ways = ways * (all - chosen + i) / i;
  return ways;
}

std::uint32_t hits_of_all_ways(std::span<const double> values, std::size_t chosen, double limit) {
  std::vector<char> is_chosen(values.size(), 0);
  std::fill_n(is_chosen.rbegin(), chosen, 1);  // the first in the order of std::next_permutation
  std::uint32_t hits = 0;
  do {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += is_chosen[i] == 1 ? values[i] : 0;
    if (std::abs(sum) >= limit) ++hits;
  } while (std::next_permutation(is_chosen.begin(), is_chosen.end()));
  return hits;
}

// Draw d shuffles the ascending values by the key (stream, step d); the first ones are the group.
std::uint32_t hits_of_drawn_ways(std::span<const double> values, std::size_t chosen, double limit) {
  const std::uint32_t stream = stream_of("statistics/two_groups");
  std::uint32_t hits = 0;
  std::vector<double> shuffled;
  for (std::uint32_t draw = 0; draw < kDraws; ++draw) {
    Rng rng({.stream = stream, .step = draw});
    shuffled.assign(values.begin(), values.end());
    rng.shuffle(std::span(shuffled));
    if (std::abs(std::accumulate(shuffled.begin(), shuffled.begin() + static_cast<std::ptrdiff_t>(chosen), 0.0)) >= limit)
      ++hits;
  }
  return hits;
}

// All values without their mean, divided by the largest of them: the difference of the two means is then proportional to
// the sum of one group. Empty where all are equal but for rounding.
std::vector<double> centred(std::span<const double> first, std::span<const double> second) {
  std::vector<double> all(first.begin(), first.end());
  all.insert(all.end(), second.begin(), second.end());
  const double largest = largest_magnitude(all);
  if (largest == 0) return {};
  for (double& value : all) value /= largest;
  const double centre = *mean(all);
  for (double& value : all) value -= centre;
  const double widest = largest_magnitude(all);
  if (widest <= kRounding) return {};
  for (double& value : all) value /= widest;
  return all;
}

double sum_of_magnitudes(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0, [](double sum, double value) { return sum + std::abs(value); });
}

}  // namespace

std::optional<PermutationTest> sign_flip_test(std::span<const double> differences) {
  if (differences.empty() || !all_finite(differences)) return std::nullopt;
  const std::size_t n = differences.size();
  const bool is_exact = n <= 12;
  const double least = std::ldexp(1.0, 1 - static_cast<int>(std::min<std::size_t>(n, 1000)));
  PermutationTest test{.p = 1, .smallest_p = is_exact ? least : std::max(least, kSmallestDrawn), .is_exact = is_exact};
  const double largest = largest_magnitude(differences);
  if (largest == 0) return test;
  const std::vector<double> magnitudes = scaled_magnitudes(differences, largest);
  double observed = 0;
  for (const double difference : differences) observed += difference / largest;
  const double limit = std::abs(observed) - kRounding * sum_of_magnitudes(magnitudes);
  test.p = is_exact ? hits_of_all_signs(magnitudes, limit) * least / 2 : drawn_p(hits_of_drawn_signs(magnitudes, limit));
  return test;
}

std::optional<PermutationTest> two_group_test(std::span<const double> first, std::span<const double> second) {
  if (first.size() > second.size()) std::swap(first, second);
  if (first.empty() || !all_finite(first) || !all_finite(second)) return std::nullopt;
  const std::uint64_t ways = ways_to_choose(first.size(), first.size() + second.size());
  const bool is_exact = ways <= kMostTried;
  // With groups of one size the mirror of every division is as far apart.
  const double least = (first.size() == second.size() ? 2.0 : 1.0) / static_cast<double>(ways);
  PermutationTest test{.p = 1, .smallest_p = is_exact ? least : kSmallestDrawn, .is_exact = is_exact};
  std::vector<double> values = centred(first, second);
  if (values.empty()) return test;
  const double observed = std::accumulate(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(first.size()), 0.0);
  const double limit = std::abs(observed) - kRounding * sum_of_magnitudes(values);
  std::sort(values.begin(), values.end());
  test.p = is_exact ? hits_of_all_ways(values, first.size(), limit) / static_cast<double>(ways)
                    : drawn_p(hits_of_drawn_ways(values, first.size(), limit));
  return test;
}

}  // namespace fovea
