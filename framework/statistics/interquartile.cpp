#include "framework/statistics/interquartile.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "framework/core/rng.h"
#include "framework/statistics/distributions.h"
#include "framework/statistics/moments.h"

namespace fovea {
namespace {

constexpr std::uint32_t kDraws = 10000;

bool is_complete(std::span<const std::vector<double>> scores, std::size_t fewest) {
  return !scores.empty() && std::all_of(scores.begin(), scores.end(), [fewest](const std::vector<double>& task) {
    return task.size() >= fewest && all_finite(task);
  });
}

// Of all scores, which it reorders. In ascending order, so that the sum does not depend on the order that they came in.
double middle_mean(std::vector<double>& all) {
  std::sort(all.begin(), all.end());
  const std::size_t cut = all.size() / 4;
  return *mean(std::span(all).subspan(cut, all.size() - 2 * cut));
}

// The percentile of ascending values, linear between two, as numpy has it.
double percentile(std::span<const double> values, double part) {
  const double place = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double share = place - static_cast<double>(below);
  return (1 - share) * values[below] + share * values[above];
}

// Draw d of task t takes its items from the key (stream, step d, row t).
std::vector<double> drawn_means(std::span<const std::vector<double>> tasks) {
  const std::uint32_t stream = stream_of("statistics/interquartile_mean");
  std::vector<double> means;
  std::vector<double> drawn;
  for (std::uint32_t draw = 0; draw < kDraws; ++draw) {
    drawn.clear();
    for (std::uint32_t task = 0; task < tasks.size(); ++task) {
      Rng rng({.stream = stream, .step = draw, .row = task});
      const std::vector<double>& own = tasks[task];
      for (std::size_t i = 0; i < own.size(); ++i) {
        drawn.push_back(own[static_cast<std::size_t>(rng.below(static_cast<Extent>(own.size())))]);
      }
    }
    means.push_back(middle_mean(drawn));
  }
  return means;
}

}  // namespace

std::optional<double> interquartile_mean(std::span<const std::vector<double>> scores) {
  if (!is_complete(scores, 1)) return std::nullopt;
  std::vector<double> all;
  for (const std::vector<double>& task : scores) all.insert(all.end(), task.begin(), task.end());
  return middle_mean(all);
}

std::optional<Interval> interquartile_interval(std::span<const std::vector<double>> scores, double level) {
  expect_level(level);
  if (!is_complete(scores, 2)) return std::nullopt;
  std::vector<std::vector<double>> tasks(scores.begin(), scores.end());
  for (std::vector<double>& task : tasks) std::sort(task.begin(), task.end());
  std::vector<double> means = drawn_means(tasks);
  std::sort(means.begin(), means.end());
  return Interval{percentile(means, (1 - level) / 2), percentile(means, (1 + level) / 2)};
}

}  // namespace fovea
