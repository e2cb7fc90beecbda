#include "framework/results/record.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "framework/core/error.h"
#include "framework/core/name.h"
#include "framework/results/journal.h"

namespace fovea {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// The column of a name; a new one is filled with NaN for the `rows` rows before this one.
Column& column_of(std::vector<Column>& columns, const std::vector<MetricInfo>& metrics, const std::string& name,
                  std::size_t rows) {
  const auto same = [&](const auto& other) { return other.name == name; };
  const auto found = std::find_if(columns.begin(), columns.end(), same);
  if (found != columns.end()) return *found;
  Column column{name, "1", {}, std::vector<double>(rows, kMissing)};
  const auto info = std::find_if(metrics.begin(), metrics.end(), same);
  if (info != metrics.end()) {
    column.units = info->units;
    column.long_name = info->long_name;
  }
  columns.push_back(std::move(column));
  return columns.back();
}

void pad(std::vector<Column>& columns, std::size_t rows) {
  for (Column& column : columns) column.values.resize(rows, kMissing);
}

EvaluationTable& table_of(RunRecord& record, const std::string& split) {
  for (EvaluationTable& table : record.evaluation) {
    if (table.split == split) return table;
  }
  record.evaluation.emplace_back();
  record.evaluation.back().split = split;
  return record.evaluation.back();
}

/// The position of a slice; a new one adds a NaN to every row of every column.
std::size_t slice_of(EvaluationTable& table, const std::string& name) {
  const auto found = std::find(table.slices.begin(), table.slices.end(), name);
  const auto position = static_cast<std::size_t>(found - table.slices.begin());
  if (found != table.slices.end()) return position;
  for (Column& column : table.by_slice) {
    std::vector<double> wider;
    for (std::size_t i = 0; i < column.values.size(); ++i) {
      wider.push_back(column.values[i]);
      if ((i + 1) % table.slices.size() == 0) wider.push_back(kMissing);
    }
    column.values = std::move(wider);
  }
  table.slices.push_back(name);
  return position;
}

void add_train(RunRecord& record, const JournalRow& row) {
  TrainTable& table = record.train;
  const std::size_t before = table.step.size();
  table.step.push_back(row.step);
  record.clock.train_seconds.resize(before, kMissing);
  record.clock.train_seconds.push_back(row.seconds);
  for (const JournalValue& value : row.values) {
    Column& column = column_of(table.columns, record.metrics, value.name, before);
    column.values.resize(before, kMissing);
    column.values.push_back(value.value);
  }
  pad(table.columns, before + 1);
}

void add_evaluation(RunRecord& record, const JournalRow& row) {
  EvaluationTable& table = table_of(record, row.text);
  const std::size_t before = table.step.size();
  table.step.push_back(row.step);
  for (const JournalValue& value : row.values) {
    if (!value.slice.empty()) slice_of(table, value.slice);
  }
  const std::size_t slices = table.slices.size();
  pad(table.by_slice, (before + 1) * slices);
  for (const JournalValue& value : row.values) {
    if (value.slice.empty()) {
      Column& column = column_of(table.columns, record.metrics, value.name, before);
      column.values.resize(before, kMissing);
      column.values.push_back(value.value);
    } else {
      Column& column = column_of(table.by_slice, record.metrics, value.name, before * slices);
      column.values.resize((before + 1) * slices, kMissing);
      column.values[before * slices + slice_of(table, value.slice)] = value.value;
    }
  }
  pad(table.columns, before + 1);
}

/// "3:12" of a row that is followed: item 3, query 12.
std::pair<std::int64_t, std::int64_t> place_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  return {std::stoll(text.substr(0, colon)), std::stoll(text.substr(colon + 1))};
}

void add_site(RunRecord& record, const JournalRow& row) {
  SiteHistory& history = record.histories[row.text];
  const std::size_t before = history.step.size();
  history.step.push_back(row.step);
  for (const JournalValue& value : row.values) {
    if (value.slice.empty()) {
      Column& column = column_of(history.columns, record.metrics, value.name, before);
      column.values.resize(before, kMissing);
      column.values.push_back(value.value);
    } else if (value.name == "load") {
      history.load.push_back(value.value);
    } else if (value.name == "chosen") {
      const auto place = place_of(value.slice);
      if (before == 0) history.item.push_back(place.first);
      if (before == 0) history.query.push_back(place.second);
      history.chosen.push_back(static_cast<std::int32_t>(value.value));
    } else if (value.name == "weight") {
      history.weight.push_back(value.value);
    }
  }
  pad(history.columns, before + 1);
  history.experts = static_cast<std::int64_t>(history.load.size() / history.step.size());
}

}  // namespace

void expect_metric(const std::string& where, const std::string& name) {
  expect_name(where, "of a metric", name);
  for (const char* taken : {"step", "slice", "evaluation", "loss", "learning_rate", "gradient_norm"}) {
    if (name == taken) {
      throw Error(where,
                  "the name of a metric was expected to be free; '" + name + "' is one of the framework's; rename it.");
    }
  }
}

void add_row(RunRecord& record, const JournalRow& row) {
  switch (row.kind) {
    case JournalRow::Kind::kState: record.state = row.text; break;
    case JournalRow::Kind::kTrain: add_train(record, row); break;
    case JournalRow::Kind::kEvaluation: add_evaluation(record, row); break;
    case JournalRow::Kind::kSite: add_site(record, row); break;
    case JournalRow::Kind::kMessage: break;
  }
}

const EvaluationTable* find_evaluation(const RunRecord& record, std::string_view split) {
  for (const EvaluationTable& table : record.evaluation) {
    if (table.split == split) return &table;
  }
  return nullptr;
}

}  // namespace fovea
