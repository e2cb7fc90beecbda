#include "framework/runs/group_figure.h"

#include <fmt/format.h>
#include <algorithm>

#include "framework/core/error.h"

namespace fovea {
namespace {

const EvaluationTable* find_split(const RunSummary& summary, const std::string& split) {
  const auto found = std::find_if(summary.evaluation.begin(), summary.evaluation.end(),
                                  [&](const EvaluationTable& table) { return table.split == split; });
  return found == summary.evaluation.end() ? nullptr : &*found;
}

const Column* find_column(const std::vector<Column>& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

/// The names among which one is searched; what is known is named in an error, so there are not too many.
class KnownNames {
 public:
  void add(const std::string& name) {
    constexpr std::size_t kMost = 30;
    if (names_.size() < kMost && std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(name);
  }
  [[noreturn]] void reject(const std::string& option, const std::string& name) const {
    throw Error(option, unknown_name(name, names_));
  }

 private:
  std::vector<std::string> names_;
};

template <class Visit>
void for_each_table(std::span<const RunGroup> groups, const std::string& split, const Visit& visit) {
  for (const RunGroup& group : groups) {
    for (const FoundRun& run : group.runs) {
      for (const EvaluationTable& table : run.summary.evaluation) {
        if (split.empty() || table.split == split) visit(table);
      }
    }
  }
}

/// Names the part of the choice that no run has.
[[noreturn]] void reject(const MetricChoice& choice, std::span<const RunGroup> groups) {
  KnownNames splits;
  KnownNames metrics;
  KnownNames slices;
  bool has_split = false;
  bool has_metric = false;
  for_each_table(groups, "", [&](const EvaluationTable& table) { splits.add(table.split); });
  for_each_table(groups, choice.split, [&](const EvaluationTable& table) {
    has_split = true;
    for (const Column& column : table.columns) metrics.add(column.name);
    has_metric = has_metric || find_column(table.columns, choice.metric) != nullptr;
    for (const std::string& slice : table.slices) slices.add(slice);
  });
  if (!has_split && !choice.split.empty()) splits.reject("--split", choice.split);
  if (!has_metric && !choice.metric.empty()) metrics.reject("--metric", choice.metric);
  if (!choice.slice.empty()) slices.reject("--slice", choice.slice);
  throw Error("runs", "expected runs with an evaluation; none of them has one yet; wait for their first evaluation.");
}

/// The choice for one run; nullopt where it lacks what is given.
std::optional<MetricChoice> resolved_for(const RunSummary& summary, MetricChoice choice) {
  if (choice.split.empty()) choice.split = main_metric(summary).split;
  const EvaluationTable* const table = find_split(summary, choice.split);
  if (table == nullptr || table->columns.empty()) return std::nullopt;
  if (choice.metric.empty()) choice.metric = table->columns.front().name;
  if (!last_value(summary, choice)) return std::nullopt;
  return choice;
}

}  // namespace

MetricChoice main_metric(const RunSummary& summary) {
  const EvaluationTable* table = find_split(summary, "test");
  if (table == nullptr) table = find_split(summary, "validation");
  if (table == nullptr && !summary.evaluation.empty()) table = summary.evaluation.data();
  if (table == nullptr || table->columns.empty()) return {};
  return {table->split, table->columns.front().name, ""};
}

std::optional<double> last_value(const RunSummary& summary, const MetricChoice& choice) {
  const EvaluationTable* const table = find_split(summary, choice.split);
  if (table == nullptr) return std::nullopt;
  const Column* const column = find_column(choice.slice.empty() ? table->columns : table->by_slice, choice.metric);
  if (column == nullptr || column->values.empty()) return std::nullopt;
  if (choice.slice.empty()) return column->values.back();
  const auto slice = std::find(table->slices.begin(), table->slices.end(), choice.slice);
  if (slice == table->slices.end()) return std::nullopt;
  return *(column->values.end() - (table->slices.end() - slice));  // the last row has a value for each slice
}

MetricChoice resolved_metric(const MetricChoice& given, std::span<const RunGroup> groups) {
  for (const RunGroup& group : groups) {
    for (const FoundRun& run : group.runs) {
      if (const auto choice = resolved_for(run.summary, given)) return *choice;
    }
  }
  reject(given, groups);
}

GroupFigure figure_of(const RunGroup& group, const MetricChoice& choice, GroupFigure::Unfinished unfinished) {
  GroupFigure figure;
  figure.choice = choice;
  const auto is_finished = [](const FoundRun& run) { return run.is_finished(); };
  figure.is_so_far = std::none_of(group.runs.begin(), group.runs.end(), is_finished);
  const bool counts_all = figure.is_so_far || unfinished == GroupFigure::Unfinished::kCounted;
  std::vector<double> values;
  for (const FoundRun& run : group.runs) {
    if (!run.is_finished() && !counts_all) {
      ++figure.left_out;
    } else if (const std::optional<double> value = last_value(run.summary, choice)) {
      figure.values.push_back({run.seed, *value});
      values.push_back(*value);
    } else {
      ++figure.without;
    }
  }
  figure.summary = summary_of(values);
  return figure;
}

std::string values_text(std::span<const double> values) {
  if (values.empty()) return "-";
  if (values.size() == 1) return fmt::format("{:.4g}", values[0]);
  if (values.size() == 2) return fmt::format("{:.4g}, {:.4g}", values[0], values[1]);
  const Summary summary = summary_of(values);
  if (!summary.mean) return "not finite";
  if (!summary.interval) return fmt::format("{:.4g}", *summary.mean);
  return fmt::format("{:.4g} [{:.4g}, {:.4g}]", *summary.mean, summary.interval->low, summary.interval->high);
}

std::string values_text(const GroupFigure& figure) {
  std::vector<double> values;
  for (const SeedValue& run : figure.values) values.push_back(run.value);
  return values_text(values);
}

}  // namespace fovea
