#include "framework/cli/evaluated_table.h"

#include <algorithm>

#include "framework/runs/group_figure.h"

namespace fovea::cli {
namespace {

void add_once(std::vector<std::string>& texts, const std::string& text) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
}

}  // namespace

void EvaluatedTable::begin_row(const std::string& group) { group_ = group; }

EvaluatedTable::Row& EvaluatedTable::row_of(const std::string& evaluation) {
  const auto same = [&](const Row& row) { return row.group == group_ && row.evaluation == evaluation; };
  const auto found = std::find_if(rows_.begin(), rows_.end(), same);
  if (found != rows_.end()) return *found;
  rows_.push_back({group_, evaluation, {}, {}, {}});
  return rows_.back();
}

void EvaluatedTable::add(const std::string& read_with, const RunRecord& record, const std::map<std::string, double>& own) {
  add_once(columns_, read_with);
  for (const EvaluationTable& table : record.evaluation) {
    if (table.columns.empty()) continue;
    const Column& metric = table.columns.front();
    add_once(metrics_, metric.name);
    Row& row = row_of(table.split);
    row.values[read_with].push_back(metric.values.back());
    has_figures_ = true;
    const auto of_run = own.find(table.split);
    if (of_run != own.end() && row.seeds_of_run.insert(seed_).second) row.of_run.push_back(of_run->second);
  }
}

void EvaluatedTable::add_problem(const std::string& read_with, const std::string& problem) {
  add_once(columns_, read_with);
  if (rows_.empty() || rows_.back().group != group_) row_of("");
  add_once(problems_, group_ + ", read with " + read_with + ": " + problem);
}

std::string EvaluatedTable::metric_text() const {
  std::string text;
  for (const std::string& name : metrics_) text += (text.empty() ? "" : ", ") + name;
  return text;
}

TextTable EvaluatedTable::table() const {
  TextTable table;
  table.title = "Trained with, and read with: " + metric_text();
  const bool has_evaluations =
      std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) { return row.evaluation != rows_.front().evaluation; });
  const bool has_own = std::any_of(rows_.begin(), rows_.end(), [](const Row& row) { return !row.of_run.empty(); });
  for (const Row& row : rows_) {
    // A group of which some ways of reading failed has a row without an evaluation only where all of them did.
    const auto others = [&](const Row& other) { return other.group == row.group && !other.evaluation.empty(); };
    if (row.evaluation.empty() && std::any_of(rows_.begin(), rows_.end(), others)) continue;
    TableRow cells(table);
    cells.add("trained with", row.group);
    if (has_evaluations) cells.add("evaluation", row.evaluation);
    if (has_own) cells.add("in the run", values_text(row.of_run), TableRow::Kind::kNumber);
    for (const std::string& column : columns_) {
      const auto values = row.values.find(column);
      cells.add(column, values == row.values.end() ? "-" : values_text(values->second), TableRow::Kind::kNumber);
    }
  }
  if (!has_evaluations && !rows_.empty() && !rows_.front().evaluation.empty()) {
    table.sentences.push_back("Evaluation: " + rows_.front().evaluation + ".");
  }
  table.sentences.insert(table.sentences.end(), problems_.begin(), problems_.end());
  return table;
}

}  // namespace fovea::cli
