#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "framework/runs/run_groups.h"
#include "framework/statistics/intervals.h"
#include "framework/statistics/paired.h"

namespace fovea {

/// A number that every run of a group has.
struct MetricChoice {
  std::string split;
  std::string metric;
  std::string slice;  // empty: all items

  bool operator==(const MetricChoice&) const = default;
};

/// What a run is judged by first: the first metric of the test split, else of the validation split, else of the first
/// evaluation there is. All empty where there is none.
MetricChoice main_metric(const RunSummary& summary);

/// The last value of a metric; missing where a run has none.
std::optional<double> last_value(const RunSummary& summary, const MetricChoice& choice);

/// A choice of which some parts are given: the others are those of the main metric of the first run that has the given ones.
///
/// Errors    no run has such a split, metric or slice, with the nearest name.
MetricChoice resolved_metric(const MetricChoice& given, std::span<const RunGroup> groups);

/// What is said of a group: its numbers by seed, and their mean.
struct GroupFigure {
  /// Unfinished runs are never averaged with finished ones unasked: a mean over different steps is none.
  enum class Unfinished : std::uint8_t { kLeftOut, kCounted };

  MetricChoice choice;
  std::vector<SeedValue> values;  // by seed
  Summary summary;
  Extent left_out = 0;     // runs that are not finished
  Extent without = 0;      // runs that count but have no such number
  bool is_so_far = false;  // no run is finished: these are the values of those that are not
};

GroupFigure figure_of(const RunGroup& group, const MetricChoice& choice, GroupFigure::Unfinished unfinished);

/// "0.91 [0.88, 0.94]", the mean and its interval; of two numbers both, of one that one, as neither has an interval; "-" of
/// none.
std::string values_text(std::span<const double> values);
std::string values_text(const GroupFigure& figure);

}  // namespace fovea
