#include "framework/report/group_table.h"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "framework/report/group_series.h"
#include "framework/report/slice_names.h"

namespace fovea {
namespace {

constexpr std::size_t kMostColumns = 40;

/// The metrics of a split that any run has, in the order of the first.
std::vector<std::string> metrics_of(const RunGroups& runs, const std::string& split) {
  std::vector<std::string> names;
  for (const RunGroup& group : runs.groups) {
    for (const FoundRun* run : counted_runs(group)) {
      for (const EvaluationTable& table : run->summary.evaluation) {
        if (table.split != split) continue;
        for (const Column& column : table.columns) {
          if (names.size() > kMostColumns) return names;
          if (std::find(names.begin(), names.end(), column.name) == names.end()) names.push_back(column.name);
        }
      }
    }
  }
  return names;
}

std::vector<GroupTable::Column> columns_of(const RunGroups& runs, const FigureRequest& request, const MetricChoice& choice) {
  std::vector<GroupTable::Column> columns;
  if (request.metric.empty()) {
    for (const std::string& metric : metrics_of(runs, choice.split)) {
      columns.push_back({metric, {choice.split, metric, ""}, {}});
    }
    return columns;
  }
  columns.push_back({"all", choice, {}});
  for (const std::string& slice : slices_of(runs, choice.split)) {
    if (columns.size() > kMostColumns) break;
    columns.push_back({slice, {choice.split, choice.metric, slice}, {}});
  }
  return columns;
}

bool is_of_nothing(const GroupTable::Column& column) {
  return std::all_of(column.figures.begin(), column.figures.end(), [](const auto& figure) { return figure.values.empty(); });
}

}  // namespace

GroupTable group_table(const RunGroups& runs, const FigureRequest& request) {
  expect_groups(runs);
  const MetricChoice choice = resolved_metric({request.split, request.metric, ""}, runs.groups);
  GroupTable table;
  table.title = groups_title(runs) + ": " + (request.metric.empty() ? "" : choice.metric + " on ") + choice.split;
  table.columns = columns_of(runs, request, choice);
  for (GroupTable::Column& column : table.columns) {
    for (const RunGroup& group : runs.groups) {
      column.figures.push_back(figure_of(group, column.choice, GroupFigure::Unfinished::kLeftOut));
    }
  }
  std::erase_if(table.columns, is_of_nothing);
  for (const RunGroup& group : runs.groups) table.groups.push_back(group_name(runs, group));
  table.caption = runs_caption(runs) +
                  " Values of the last evaluation: the mean over seeds with its 95 % t interval, from n = 3 on; of n = 2 "
                  "both.";
  if (table.columns.size() > kMostColumns) {
    table.columns.resize(kMostColumns);
    table.caption += fmt::format(" The first {} columns are there.", kMostColumns);
  }
  return table;
}

TextTable shown_table(const GroupTable& table) {
  TextTable shown;
  shown.title = table.title;
  shown.head = {"group", "n"};
  shown.is_number = {false, true};
  for (const GroupTable::Column& column : table.columns) {
    shown.head.push_back(column.name);
    shown.is_number.push_back(true);
  }
  bool differs = false;
  for (std::size_t i = 0; i < table.groups.size(); ++i) {
    std::size_t n = 0;
    for (const GroupTable::Column& column : table.columns) n = std::max(n, column.figures[i].values.size());
    std::vector<std::string> row{table.groups[i], std::to_string(n)};
    for (const GroupTable::Column& column : table.columns) {
      const GroupFigure& figure = column.figures[i];
      row.push_back(values_text(figure));
      differs = differs || (!figure.values.empty() && figure.values.size() < n);
    }
    shown.rows.push_back(std::move(row));
  }
  shown.sentences = {table.caption};
  if (differs) shown.sentences.emplace_back("n is the most of a row: not all of its runs have every number.");
  return shown;
}

TextTable number_table(const GroupTable& table) {
  TextTable numbers;
  for (std::size_t i = 0; i < table.groups.size(); ++i) {
    for (const GroupTable::Column& column : table.columns) {
      const Summary& summary = column.figures[i].summary;
      TableRow row(numbers);
      row.add("group", table.groups[i]);
      row.add("n", summary.n);
      row.add("split", column.choice.split);
      row.add("metric", column.choice.metric);
      row.add("slice", column.choice.slice);
      row.add("mean", summary.mean);
      row.add("deviation", summary.deviation);
      row.add("low", summary.interval ? std::optional(summary.interval->low) : std::nullopt);
      row.add("high", summary.interval ? std::optional(summary.interval->high) : std::nullopt);
    }
  }
  return numbers;
}

}  // namespace fovea
