#include <fmt/format.h>
#include <utility>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/report/group_series.h"
#include "framework/runs/group_comparison.h"

namespace fovea {
namespace {

void expect_two_groups(const RunGroups& runs) {
  if (runs.groups.size() > 1) return;
  throw Error(
      "figure",
      fmt::format("expected two groups of runs at least, which differ in more than the seed; all {} runs are of '{}'; "
                  "give the results of another group as well, or a folder above both.",
                  runs.groups[0].runs.size(), runs.groups[0].name()));
}

std::string caption_of(const RunGroups& runs, const std::string& first, std::size_t drawn) {
  const std::size_t left_out = runs.groups.size() - 1 - drawn;
  std::string text = fmt::format(
      "Each group minus the first, {}, at the seeds that both have (n). Point and bar: the mean difference with "
      "its 95 % t interval, from n = 3 on; of n = 2 both differences; of n = 1 that one.",
      first);
  if (left_out > 0) {
    text += fmt::format(" Left out: {} that {} no seed in common with the first, of finished runs.",
                        left_out == 1 ? "1 group" : fmt::format("{} groups", left_out), left_out == 1 ? "has" : "have");
  }
  return text + " The tests are those of fovea compare.";
}

}  // namespace

Figure forest_figure(const RunGroups& runs, const FigureRequest& request) {
  expect_groups(runs);
  expect_two_groups(runs);
  const MetricChoice choice = resolved_metric({request.split, request.metric, ""}, runs.groups);
  const GroupComparison comparison = compare_groups(runs.groups, choice, GroupFigure::Unfinished::kLeftOut);
  FigurePanel panel;
  panel.is_turned = true;
  panel.x.name = "group";
  panel.y.name = fmt::format("difference of {}, {}", choice.metric, choice.split);
  panel.y.reference = 0;
  FigureSeries series{"", FigureSeries::Mark::kPoints, {}};
  for (std::size_t i = 1; i < comparison.groups.size(); ++i) {
    const std::vector<double>& differences = comparison.groups[i].pairs.differences;
    if (differences.empty()) continue;
    add_values(series, static_cast<double>(panel.x.categories.size()), differences);
    panel.x.categories.push_back(group_label(runs, runs.groups[i], differences.size()));
  }
  const std::string first = group_name(runs, runs.groups[0]);
  if (panel.x.categories.empty()) {
    throw Error("figure", fmt::format("expected another group with a seed that '{}' has as well, of finished runs; there is "
                                      "none; train both with the same --seeds, or put another group first.",
                                      first));
  }
  panel.series.push_back(std::move(series));
  const std::string caption = caption_of(runs, first, panel.x.categories.size());
  return {groups_title(runs) + ": " + choice.metric + " against " + first, caption, {std::move(panel)}};
}

}  // namespace fovea
