#include "framework/cli/closing.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <set>

#include "framework/cli/screen.h"
#include "framework/cli/screen_table.h"

namespace fovea::cli {
namespace {

constexpr auto kNumber = TableRow::Kind::kNumber;

/// The figures of a split, or of a slice of it.
struct Row {
  std::string run;
  std::string split;
  std::string slice;                                  // empty: all items
  std::map<std::string, std::vector<double>> values;  // by metric, one per seed
  std::optional<double> chance{};
  std::string label{};  // of the slice

  bool is_of(const Row& other) const { return run == other.run && split == other.split; }
};

// Deviation of a sample, n - 1 in the denominator.
double deviation(const std::vector<double>& values, double mean) {
  if (std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); })) return 0;  // no rounding
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

template <class T>
void add_once(std::vector<T>& items, const T& item) {
  if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
}

Row& row_of(std::vector<Row>& rows, const DoneRun& run, const FinalMetric& figure) {
  for (Row& row : rows) {
    if (row.run == run.run && row.split == figure.split && row.slice == figure.slice) return row;
  }
  const auto chance = run.chance.find(figure.split);
  const bool has_chance = figure.slice.empty() && chance != run.chance.end();
  rows.push_back({run.run, figure.split, figure.slice, {}, has_chance ? std::optional(chance->second) : std::nullopt});
  return rows.back();
}

/// Leaves out the slices of a split that are no news: all of them have the figures of the split.
std::vector<Row> without_equal_slices(const std::vector<Row>& rows) {
  std::vector<Row> kept;
  for (const Row& row : rows) {
    const auto whole = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.is_of(row) && r.slice.empty(); });
    const auto slices =
        std::count_if(rows.begin(), rows.end(), [&](const Row& r) { return r.is_of(row) && !r.slice.empty(); });
    const bool are_equal = whole != rows.end() && std::all_of(rows.begin(), rows.end(), [&](const Row& r) {
                             return !r.is_of(row) || r.values == whole->values;
                           });
    if (are_equal && !row.slice.empty()) continue;
    kept.push_back(row);
    kept.back().label = !row.slice.empty()        ? row.slice
                        : are_equal && slices > 1 ? fmt::format("all, each of {}", slices)
                                                  : "all";
  }
  return kept;
}

/// True where there is a chance level for each row that could have one, and always the same.
bool has_one_chance(const std::vector<Row>& rows) {
  std::set<std::optional<double>> levels;
  for (const Row& row : rows) {
    if (row.slice.empty()) levels.insert(row.chance);
  }
  return levels.size() == 1;
}

std::size_t most_seeds(const std::vector<Row>& rows) {
  std::size_t most = 0;
  for (const Row& row : rows) {
    for (const auto& [metric, values] : row.values) most = std::max(most, values.size());
  }
  return most;
}

}  // namespace

void add_results(DoneRun& run, const RunSummary& summary) {
  for (const EvaluationTable& table : summary.evaluation) {
    if (table.chance) run.chance[table.split] = *table.chance;
  }
  run.choices = all_choices(choices_of(summary));
}

std::string mean_text(const std::vector<double>& values) {
  double mean = 0;
  for (const double value : values) mean += value;
  mean /= static_cast<double>(values.size());
  if (values.size() == 1) return figure_text(mean);
  return fmt::format("{} +- {:.2g}", figure_text(mean), deviation(values, mean));
}

TextTable closing_table(const std::vector<DoneRun>& runs) {
  std::vector<Row> rows;
  std::vector<std::string> metrics;
  for (const DoneRun& run : runs) {
    for (const FinalMetric& figure : run.outcome.final_metrics) {
      row_of(rows, run, figure).values[figure.metric].push_back(figure.value);
      add_once(metrics, figure.metric);
    }
  }
  if (rows.empty()) return {};
  rows = without_equal_slices(rows);
  const bool is_one_chance = has_one_chance(rows);
  TextTable table;
  for (const Row& row : rows) {
    TableRow line(table);
    line.add("run", row.run);
    line.add("split", row.split);
    line.add("slice", row.label);
    for (const std::string& metric : metrics) {
      const auto found = row.values.find(metric);
      line.add(metric, found == row.values.end() ? "" : mean_text(found->second), kNumber);
      if (metric == metrics.front() && !is_one_chance)
        line.add("chance", row.chance ? figure_text(*row.chance) : "", kNumber);
    }
  }
  const auto is_of_first = [&](const Row& row) { return row.split == rows.front().split; };
  if (std::all_of(rows.begin(), rows.end(), is_of_first)) table.title = "Figures of the split " + rows.front().split;
  table = without_repeats(std::move(table), 3);
  if (is_one_chance && rows.front().chance) {
    table.sentences.push_back(fmt::format("A random guess has {} {}.", metrics.front(), figure_text(*rows.front().chance)));
  }
  if (const std::size_t seeds = most_seeds(rows); seeds > 1) {
    table.sentences.push_back(fmt::format("Means of {} seeds, +- their standard deviation.", seeds));
  }
  return table;
}

TextTable choices_table(const std::vector<DoneRun>& runs) {
  std::vector<std::string> names;
  std::map<std::string, std::vector<Choices>> seeds;
  for (const DoneRun& run : runs) {
    add_once(names, run.run);
    if (run.choices) seeds[run.run].push_back(*run.choices);
  }
  TextTable table;
  if (seeds.empty()) return table;
  for (const std::string& name : names) {
    TableRow row(table);
    row.add("run", name);
    add_choices(row, seeds[name]);
  }
  table = without_repeats(std::move(table), 1);
  table.title = "What was chosen: pairs scored and rows read for each item of training, entropy in nats";
  return table;
}

}  // namespace fovea::cli
