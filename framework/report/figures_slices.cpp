#include <fmt/format.h>
#include <algorithm>
#include <span>
#include <utility>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/report/group_series.h"
#include "framework/report/slice_names.h"
#include "framework/runs/group_figure.h"

namespace fovea {
namespace {

FigureSeries series_of(const RunGroups& runs, const RunGroup& group, MetricChoice choice,
                       std::span<const std::string> slices) {
  const std::vector<const FoundRun*> counted = counted_runs(group);
  FigureSeries series{"", FigureSeries::Mark::kPoints, {}};
  std::size_t most = 0;
  std::size_t least = counted.size();
  for (std::size_t i = 0; i < slices.size(); ++i) {
    choice.slice = slices[i];
    std::vector<double> values;
    for (const FoundRun* run : counted) {
      if (const std::optional<double> value = last_value(run->summary, choice)) values.push_back(*value);
    }
    add_values(series, static_cast<double>(i), values);
    most = std::max(most, values.size());
    if (!values.empty()) least = std::min(least, values.size());
  }
  series.name = group_label(runs, group, most);
  if (least < most) series.name += fmt::format(", of some items {}", least);
  return series;
}

}  // namespace

Figure slices_figure(const RunGroups& runs, const FigureRequest& request) {
  expect_groups(runs);
  const MetricChoice choice = resolved_metric({request.split, request.metric, ""}, runs.groups);
  FigurePanel panel;
  panel.x.name = "group of items";
  panel.x.categories = slices_of(runs, choice.split);
  panel.y.name = choice.metric + ", " + choice.split;
  const std::size_t drawn = std::min(panel.x.categories.size(), kMostCategories);
  bool has_values = false;
  for (const RunGroup& group : runs.groups) {
    panel.series.push_back(series_of(runs, group, choice, std::span(panel.x.categories).first(drawn)));
    has_values = has_values || !panel.series.back().points.empty();
  }
  if (!has_values) {
    throw Error("figure",
                fmt::format("expected '{}' of the split {} by groups of items; no run has it; choose another --metric "
                            "or --split, or draw a curve.",
                            choice.metric, choice.split));
  }
  Figure figure{groups_title(runs) + ": " + choice.metric + " by groups of items", "", {std::move(panel)}};
  figure.caption = runs_caption(runs) + band_caption(figure) + " Values of the last evaluation.";
  return figure;
}

}  // namespace fovea
