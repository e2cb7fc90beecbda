#include "framework/report/group_series.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <utility>

#include "framework/core/error.h"
#include "framework/runs/listing.h"

namespace fovea {
namespace {

void cut_at_descent(Curve& curve) {
  const auto place = std::adjacent_find(curve.steps.begin(), curve.steps.end(), std::greater_equal<>());
  if (place == curve.steps.end()) return;
  const auto kept = static_cast<std::size_t>(place - curve.steps.begin()) + 1;
  curve.steps.resize(kept);
  curve.values.resize(kept);
}

bool has_one_name(const RunGroups& runs) {
  const RunGroup& first = runs.groups.front();
  return std::all_of(runs.groups.begin(), runs.groups.end(),
                     [&](const RunGroup& group) { return group.experiment == first.experiment && group.run == first.run; });
}

bool has_one_experiment(const RunGroups& runs) {
  return std::all_of(runs.groups.begin(), runs.groups.end(),
                     [&](const RunGroup& group) { return group.experiment == runs.groups.front().experiment; });
}

FigurePoint point_of(double x, const Summary& summary) {
  FigurePoint point{x, summary.mean.value_or(std::numeric_limits<double>::quiet_NaN())};
  if (summary.interval) {
    point.low = summary.interval->low;
    point.high = summary.interval->high;
  }
  return point;
}

std::string count_of(Extent count, const char* one, const char* many) {
  return count == 1 ? fmt::format("1 {}", one) : fmt::format("{} {}", count, many);
}

}  // namespace

std::vector<const FoundRun*> counted_runs(const RunGroup& group) {
  std::vector<const FoundRun*> runs;
  for (const FoundRun& run : group.runs) {
    if (run.is_finished()) runs.push_back(&run);
  }
  if (!runs.empty()) return runs;
  for (const FoundRun& run : group.runs) runs.push_back(&run);
  return runs;
}

std::string group_name(const RunGroups& runs, const RunGroup& group) {
  const std::string settings = group.differences();
  std::string name = group.name();
  if (has_one_name(runs)) {
    name = settings.empty() ? group.run : settings;
  } else if (has_one_experiment(runs)) {
    name = group.run + (settings.empty() ? "" : " " + settings);
  }
  constexpr std::size_t kMost = 80;
  return short_text(name, kMost);
}

std::string group_label(const RunGroups& runs, const RunGroup& group, std::size_t n) {
  return fmt::format("{} (n = {})", group_name(runs, group), n);
}

std::string groups_title(const RunGroups& runs) {
  const RunGroup& first = runs.groups.front();
  if (has_one_name(runs)) return first.experiment + "/" + first.run;
  return has_one_experiment(runs) ? first.experiment : fmt::format("{} groups of runs", runs.groups.size());
}

std::string runs_caption(const RunGroups& runs) {
  Extent unfinished = 0;
  Extent only_unfinished = 0;
  for (const RunGroup& group : runs.groups) {
    const auto finished = std::count_if(group.runs.begin(), group.runs.end(), [](const auto& r) { return r.is_finished(); });
    if (finished == 0) ++only_unfinished;
    if (finished > 0) unfinished += static_cast<Extent>(group.runs.size()) - finished;
  }
  std::string text = "n: runs with different seeds.";
  if (unfinished > 0) text += " Left out: " + count_of(unfinished, "run that is", "runs that are") + " not finished.";
  if (only_unfinished > 0) text += " So far: no run of " + count_of(only_unfinished, "group is", "groups is") + " finished.";
  if (!runs.unread.empty()) {
    text += " Not read: " +
            count_of(static_cast<Extent>(runs.unread.size()), "file (fovea ls says why).", "files (fovea ls says why).");
  }
  return text;
}

FigureSeries band_series(std::string name, std::vector<Curve> curves) {
  for (Curve& curve : curves) cut_at_descent(curve);
  FigureSeries series{std::move(name), FigureSeries::Mark::kLine, {}};
  for (const BandPoint& point : pointwise_band(curves)) {
    series.points.push_back(point_of(static_cast<double>(point.step), point.summary));
  }
  return series;
}

void add_values(FigureSeries& series, double x, std::span<const double> values) {
  if (values.empty()) return;
  if (values.size() == 2) {
    for (const double value : values) series.points.push_back({x, value});
  } else {
    series.points.push_back(point_of(x, summary_of(values)));
  }
}

std::string band_caption(const Figure& figure) {
  bool has_band = false;
  bool is_line = false;
  for (const FigurePanel& panel : figure.panels) {
    for (const FigureSeries& series : panel.series) {
      is_line = is_line || series.mark == FigureSeries::Mark::kLine;
      has_band = has_band || std::any_of(series.points.begin(), series.points.end(),
                                         [](const FigurePoint& point) { return std::isfinite(point.low); });
    }
  }
  if (!has_band) return " There is no interval, as for that a group has to have 3 seeds.";
  return is_line
             ? " Line and band: the mean over seeds with its 95 % t interval at each step alone (pointwise), from n = 3 on."
             : " Point and bar: the mean over seeds with its 95 % t interval, from n = 3 on; of n = 2 both.";
}

void expect_groups(const RunGroups& runs) {
  if (!runs.groups.empty()) return;
  const FoundRun& first = runs.unread.front();
  throw Error(path_text(first),
              fmt::format("expected results that can be read, here or in another place; {}", problem_text(first)));
}

}  // namespace fovea
