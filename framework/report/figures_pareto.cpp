#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <utility>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/report/group_series.h"
#include "framework/runs/group_figure.h"

namespace fovea {
namespace {

/// Counted over all sites and the whole run.
double work_of(const RunSummary& summary, bool of_rows) {
  double work = 0;
  for (const SelectionSite& site : summary.sites) {
    work += of_rows ? static_cast<double>(site.gathered_rows_forward) + static_cast<double>(site.gathered_rows_backward)
                    : static_cast<double>(site.scored_pairs);
  }
  return work;
}

FigureSeries series_of(const RunGroups& runs, const RunGroup& group, const MetricChoice& choice, bool of_rows) {
  std::vector<double> values;
  double work = 0;
  for (const FoundRun* run : counted_runs(group)) {
    const std::optional<double> value = last_value(run->summary, choice);
    if (!value) continue;
    values.push_back(*value);
    work += work_of(run->summary, of_rows);
  }
  FigureSeries series{group_label(runs, group, values.size()), FigureSeries::Mark::kPoints, {}};
  add_values(series, work / static_cast<double>(std::max<std::size_t>(values.size(), 1)), values);
  return series;
}

/// Logarithmic where the largest number of pairs is ten times the smallest.
FigureAxis::Scale scale_of(const FigurePanel& panel) {
  double least = std::numeric_limits<double>::infinity();
  double largest = 0;
  for (const FigureSeries& series : panel.series) {
    for (const FigurePoint& point : series.points) {
      least = std::min(least, point.x);
      largest = std::max(largest, point.x);
    }
  }
  return least > 0 && largest >= 10 * least ? FigureAxis::Scale::kLogarithmic : FigureAxis::Scale::kLinear;
}

bool is_without_work(const FigurePanel& panel) {
  return std::all_of(panel.series.begin(), panel.series.end(), [](const FigureSeries& series) {
    return std::all_of(series.points.begin(), series.points.end(), [](const FigurePoint& point) { return point.x == 0; });
  });
}

}  // namespace

Figure pareto_figure(const RunGroups& runs, const FigureRequest& request) {
  expect_groups(runs);
  const std::vector<std::string> known{"pairs", "rows"};
  if (!request.against.empty() && std::find(known.begin(), known.end(), request.against) == known.end()) {
    throw Error("--against", unknown_name(request.against, known));
  }
  const bool of_rows = request.against == "rows";
  const MetricChoice choice = resolved_metric({request.split, request.metric, ""}, runs.groups);
  FigurePanel panel;
  panel.x.name = of_rows ? "rows gathered in the whole run, forward and backward" : "pairs scored in the whole run";
  panel.y.name = choice.metric + ", " + choice.split;
  for (const RunGroup& group : runs.groups) panel.series.push_back(series_of(runs, group, choice, of_rows));
  if (is_without_work(panel)) {
    throw Error("figure",
                fmt::format("expected runs with sites that have {}; no run has; choose runs of a model with attention, or "
                            "draw a table.",
                            of_rows ? "gathered rows" : "scored pairs (--against rows counts those read)"));
  }
  panel.x.scale = scale_of(panel);
  Figure figure{groups_title(runs) + ": " + choice.metric + " against its cost", "", {std::move(panel)}};
  figure.caption = runs_caption(runs) + band_caption(figure) +
                   " Work is counted over all sites and the whole training, the mean over seeds.";
  return figure;
}

}  // namespace fovea
