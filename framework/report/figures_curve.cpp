#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/report/group_series.h"

namespace fovea {
namespace {

constexpr const char* kTrain = "train";

/// One table of a run: the training rows, or the evaluations of a split.
struct Table {
  std::string split;
  const std::vector<std::int64_t>* step;
  const std::vector<Column>* columns;
};

/// Those of a run, first what a curve is drawn of by itself: validation, then other splits, then the training rows.
std::vector<Table> tables_of(const RunSummary& summary) {
  std::vector<Table> tables;
  for (const EvaluationTable& table : summary.evaluation) tables.push_back({table.split, &table.step, &table.columns});
  std::stable_partition(tables.begin(), tables.end(), [](const Table& table) { return table.split == "validation"; });
  tables.push_back({kTrain, &summary.train.step, &summary.train.columns});
  return tables;
}

const Column* column_of(const Table& table, const std::string& metric) {
  const auto found =
      std::find_if(table.columns->begin(), table.columns->end(), [&](const Column& c) { return c.name == metric; });
  return found == table.columns->end() ? nullptr : &*found;
}

struct Choice {
  std::string split;
  std::string metric;
  std::string units;
  std::size_t rows = 0;
};

/// The longest table of a run that has what is asked for, the first of equally long ones; but an evaluation of two rows is
/// taken before the training rows.
std::optional<Choice> choice_in(const RunSummary& summary, const FigureRequest& request) {
  std::optional<Choice> best;
  for (const Table& table : tables_of(summary)) {
    if (!request.split.empty() && request.split != table.split) continue;
    if (table.columns->empty()) continue;
    const Column* const column = request.metric.empty() ? table.columns->data() : column_of(table, request.metric);
    const bool is_better = !best || (best->rows < 2 && table.step->size() > best->rows);
    if (column != nullptr && is_better) best = Choice{table.split, column->name, column->units, table.step->size()};
  }
  return best;
}

[[noreturn]] void reject(const RunGroups& runs, const FigureRequest& request) {
  std::vector<std::string> splits;
  std::vector<std::string> metrics;
  constexpr std::size_t kMost = 30;
  const auto add = [](std::vector<std::string>& names, const std::string& name) {
    if (names.size() < kMost && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const RunGroup& group : runs.groups) {
    for (const FoundRun& run : group.runs) {
      for (const Table& table : tables_of(run.summary)) {
        add(splits, table.split);
        if (!request.split.empty() && request.split != table.split) continue;
        for (const Column& column : *table.columns) add(metrics, column.name);
      }
    }
  }
  if (!request.split.empty() && std::find(splits.begin(), splits.end(), request.split) == splits.end()) {
    throw Error("--split", unknown_name(request.split, splits));
  }
  if (!request.metric.empty()) throw Error("--metric", unknown_name(request.metric, metrics));
  throw Error("figure", "expected runs that have logged something; none has a row yet; wait for their first one.");
}

Choice choice_of(const RunGroups& runs, const FigureRequest& request) {
  for (const RunGroup& group : runs.groups) {
    for (const FoundRun* run : counted_runs(group)) {
      if (auto choice = choice_in(run->summary, request)) return *std::move(choice);
    }
  }
  reject(runs, request);
}

std::optional<Curve> curve_of(const RunSummary& summary, const Choice& choice) {
  for (const Table& table : tables_of(summary)) {
    if (table.split != choice.split) continue;
    if (const Column* const column = column_of(table, choice.metric)) {
      return Curve{{table.step->begin(), table.step->end()}, column->values};
    }
  }
  return std::nullopt;
}

}  // namespace

Figure curve_figure(const RunGroups& runs, const FigureRequest& request) {
  expect_groups(runs);
  const Choice choice = choice_of(runs, request);
  FigurePanel panel;
  panel.x.name = "training step";
  panel.y = {choice.metric + ", " + choice.split, choice.units};
  for (const RunGroup& group : runs.groups) {
    std::vector<Curve> curves;
    for (const FoundRun* run : counted_runs(group)) {
      if (auto curve = curve_of(run->summary, choice)) curves.push_back(*std::move(curve));
    }
    if (curves.empty()) continue;
    const std::size_t n = curves.size();
    panel.series.push_back(band_series(group_label(runs, group, n), std::move(curves)));
  }
  Figure figure{groups_title(runs) + ": " + choice.metric + " over training", "", {std::move(panel)}};
  figure.caption = runs_caption(runs) + band_caption(figure);
  return figure;
}

}  // namespace fovea
