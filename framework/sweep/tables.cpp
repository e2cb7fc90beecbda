#include "framework/sweep/tables.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>

#include "framework/runs/group_figure.h"

namespace fovea {
namespace {

constexpr auto kNumber = TableRow::Kind::kNumber;
constexpr const char* kValidation = "validation";

/// A run of a point over its seeds.
struct Row {
  std::size_t point = 0;
  std::size_t run = 0;
  std::vector<double> validation;
  std::vector<double> last;  // of the main metric, where that is of another split
  std::map<std::string, Extent> states;
  Extent finished = 0;
  std::int64_t step = 0;  // the least of those that are not finished

  std::optional<double> mean() const {
    const std::vector<double>& values = validation.empty() ? last : validation;
    return values.empty() ? std::nullopt : summary_of(values).mean;
  }
  std::string state() const {
    std::string text;
    for (const auto& [name, count] : states) {
      if (states.size() == 1) return step > 0 ? fmt::format("{} at step {}", name, step) : name;
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
    }
    return step > 0 ? fmt::format("{} at step {}", text, step) : text;
  }
};

std::string state_of(const FoundRun& run, bool has_failed) {
  if (run.is_finished()) return "finished";
  if (has_failed) return "failed";
  if (run.state.empty()) return run.problem.empty() ? "not begun" : "damaged";
  return run.state == "stopped" ? "paused" : run.state;
}

/// Figures of runs that are finished are not mixed with those of runs on the way.
void add(Row& row, const FoundRun& run, bool has_failed, const MetricChoice& choice) {
  row.states[state_of(run, has_failed)] += 1;
  if (run.is_finished() && row.finished++ == 0) {
    row.validation.clear();
    row.last.clear();
  }
  if (!run.is_finished() && run.step > 0) row.step = row.step == 0 ? run.step : std::min(row.step, run.step);
  if (!run.is_finished() && row.finished > 0) return;
  if (const auto value = validation_at(run, 0)) row.validation.push_back(*value);
  const auto value = choice.split.empty() || choice.split == kValidation ? std::nullopt : last_value(run.summary, choice);
  if (value) row.last.push_back(*value);
}

std::vector<Row> rows_of(const Definition& definition, std::span<const Unit> units, std::span<const UnitResults> results,
                         const MetricChoice& choice) {
  const std::size_t runs = definition.runs.size();
  std::vector<Row> rows(definition.points.size() * runs);
  for (std::size_t i = 0; i < units.size(); ++i) {
    for (std::size_t r = 0; r < runs; ++r) {
      Row& row = rows[units[i].point * runs + r];
      row.point = units[i].point;
      row.run = r;
      add(row, results[i].runs[r], results[i].has_failed, choice);
    }
  }
  return rows;
}

/// That of the first run that is finished; all empty where none is.
MetricChoice choice_of(std::span<const UnitResults> results) {
  for (const UnitResults& result : results) {
    for (const FoundRun& run : result.runs) {
      if (run.is_finished()) return main_metric(run.summary);
    }
  }
  return {};
}

std::string validation_name(std::span<const UnitResults> results) {
  for (const UnitResults& result : results) {
    for (const FoundRun& run : result.runs) {
      for (const EvaluationTable& table : run.summary.evaluation) {
        if (table.split == kValidation && !table.columns.empty()) return "validation " + table.columns.front().name;
      }
    }
  }
  return "";
}

bool is_before(const Row& a, const Row& b) {
  if ((a.finished > 0) != (b.finished > 0)) return a.finished > 0;
  if (a.finished == 0 && a.step != b.step) return a.step > b.step;
  const std::optional<double> x = a.mean();
  const std::optional<double> y = b.mean();
  if (x.has_value() != y.has_value()) return x.has_value();
  return x && *x > *y;
}

}  // namespace

TextTable ranking(const Definition& definition, std::span<const Unit> units, std::span<const UnitResults> results,
                  std::size_t most) {
  const MetricChoice choice = choice_of(results);
  const std::string validation = validation_name(results);
  std::vector<Row> rows = rows_of(definition, units, results, choice);
  std::stable_sort(rows.begin(), rows.end(), is_before);
  TextTable table;
  table.title = "Points, the best first";
  for (std::size_t i = 0; i < std::min(rows.size(), most); ++i) {
    TableRow line(table);
    line.add("point", fmt::format("{:04}", rows[i].point + 1));
    for (const auto& [key, text] : definition.points[rows[i].point]) line.add(key, text);
    if (definition.runs.size() > 1) line.add("run", definition.runs[rows[i].run]);
    if (!validation.empty()) line.add(validation, values_text(rows[i].validation), kNumber);
    if (!choice.split.empty() && choice.split != kValidation) {
      line.add(choice.split + " " + choice.metric, values_text(rows[i].last), kNumber);
    }
    line.add("state", rows[i].state());
  }
  if (rows.size() > most) table.sentences.push_back(fmt::format("{} more stand in index.csv.", rows.size() - most));
  if (!validation.empty()) table.sentences.push_back("In the order of " + validation + ".");
  if (definition.seeds == 2) table.sentences.emplace_back("Figures of both seeds.");
  if (definition.seeds > 2) {
    table.sentences.push_back(
        fmt::format("Means of {} seeds, with the interval that holds the mean in 95 of 100 cases.", definition.seeds));
  }
  return table;
}

TextTable index_table(const Definition& definition, std::span<const Unit> units, std::span<const UnitResults> results) {
  const MetricChoice choice = choice_of(results);
  const std::string validation = validation_name(results);
  TextTable table;
  for (std::size_t i = 0; i < units.size(); ++i) {
    for (std::size_t r = 0; r < definition.runs.size(); ++r) {
      const FoundRun& run = results[i].runs[r];
      TableRow line(table);
      line.add("point", static_cast<Extent>(units[i].point + 1));
      line.add("folder", units[i].name());
      for (const auto& [key, text] : definition.points[units[i].point]) line.add(key, text);
      line.add("run", definition.runs[r]);
      line.add("seed", units[i].seed);
      line.add("state", state_of(run, results[i].has_failed));
      line.add("step", static_cast<Extent>(run.step));
      if (!validation.empty()) line.add(validation, validation_at(run, 0));
      if (!choice.split.empty() && choice.split != kValidation) {
        line.add(choice.split + " " + choice.metric, last_value(run.summary, choice));
      }
    }
  }
  return table;
}

}  // namespace fovea
