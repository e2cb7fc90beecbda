#include "framework/results/brief.h"

#include <fmt/format.h>
#include <charconv>
#include <system_error>

#include "framework/core/error.h"
#include "framework/results/apart.h"
#include "framework/results/apart_each.h"
#include "framework/results/hdf5_read.h"

namespace fovea {
namespace {

using hdf5::Reader;

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

EvaluationTable read_last_row(const Reader& reader, const std::string& group) {
  EvaluationTable table;
  table.split = last_part(group);
  const std::string axis = group + "/step";
  const std::vector<std::int64_t> steps = reader.integers(axis);
  if (steps.empty()) return table;
  table.step = {steps.back()};
  for (const TreeLine& line : reader.below(group)) {
    if (line.type != "float64" || line.shape != reader.line(axis).shape) continue;
    const std::vector<double> values = reader.reals(line.path);
    if (!values.empty()) table.columns.push_back({last_part(line.path), "1", "", {values.back()}});
  }
  return table;
}

RunSummary read(const std::filesystem::path& file) {
  const hdf5::Session session;
  const Reader reader(file, {"config", "provenance", "train", "evaluation"});
  RunSummary summary;
  summary.attributes = reader.attributes("/");
  expect_schema(summary.attributes);
  summary.config = reader.attributes("/config");
  summary.provenance = reader.attributes("/provenance");
  const std::vector<std::int64_t> steps = reader.integers("/train/step");
  if (!steps.empty()) summary.train.step = {steps.back()};
  for (const TreeLine& line : reader.below("/evaluation")) {
    if (line.type == "group") summary.evaluation.push_back(read_last_row(reader, line.path));
  }
  return summary;
}

Json texts_json(const TextPairs& pairs) {
  Json::Array items;
  for (const auto& [name, text] : pairs) items.emplace_back(Json::Array{name, text});
  return items;
}

// What follows throws std::bad_variant_access, or std::out_of_range, where the JSON is another.

TextPairs texts_of(const Json& json) {
  TextPairs pairs;
  for (const Json& item : json.as<Json::Array>()) {
    const auto& pair = item.as<Json::Array>();
    pairs.emplace_back(pair.at(0).as<std::string>(), pair.at(1).as<std::string>());
  }
  return pairs;
}

std::vector<std::int64_t> steps_of(const Json& json) {
  std::vector<std::int64_t> steps;
  for (const Json& step : json.as<Json::Array>()) steps.push_back(step.as<std::int64_t>());
  return steps;
}

Json steps_json(const std::vector<std::int64_t>& steps) { return Json::Array(steps.begin(), steps.end()); }

/// As text, as JSON has no NaN.
std::string number_text(double value) { return fmt::format("{}", value); }

double number_of(const std::string& text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) throw std::out_of_range("a number");
  return value;
}

Json table_json(const EvaluationTable& table) {
  Json::Array columns;
  for (const Column& column : table.columns) {
    columns.emplace_back(Json::Array{column.name, number_text(column.values.back())});
  }
  return Json::Array{table.split, steps_json(table.step), std::move(columns)};
}

EvaluationTable table_of(const Json& json) {
  const auto& parts = json.as<Json::Array>();
  EvaluationTable table;
  table.split = parts.at(0).as<std::string>();
  table.step = steps_of(parts.at(1));
  for (const auto& [name, text] : texts_of(parts.at(2))) table.columns.push_back({name, "1", "", {number_of(text)}});
  return table;
}

std::string brief_text(const std::filesystem::path& file) {
  constexpr std::size_t kMost = std::size_t{1} << 22;
  std::string text = json_line(brief_json(read(file)));
  if (text.size() <= kMost) return text;
  throw Error("hdf5", "expected settings of at most 4 MiB; this file has more; do not trust this file.");
}

}  // namespace

Json brief_json(const RunSummary& summary) {
  Json::Array tables;
  for (const EvaluationTable& table : summary.evaluation) tables.push_back(table_json(table));
  return Json::Array{texts_json(summary.attributes), texts_json(summary.config), texts_json(summary.provenance),
                     steps_json(summary.train.step), std::move(tables)};
}

std::optional<RunSummary> brief_of(const Json& json) {
  try {
    const auto& parts = json.as<Json::Array>();
    RunSummary summary;
    summary.attributes = texts_of(parts.at(0));
    summary.config = texts_of(parts.at(1));
    summary.provenance = texts_of(parts.at(2));
    summary.train.step = steps_of(parts.at(3));
    for (const Json& table : parts.at(4).as<Json::Array>()) summary.evaluation.push_back(table_of(table));
    return summary;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::vector<BriefAnswer> read_briefs(std::span<const std::filesystem::path> files) {
  const auto limit = [&](std::size_t i) {
    std::error_code none;
    const std::uintmax_t bytes = std::filesystem::file_size(files[i], none);
    return reading_limit(none ? 0 : bytes);
  };
  const auto work = [&](std::size_t i) { return brief_text(files[i]); };
  std::vector<BriefAnswer> answers;
  for (const ApartAnswer& answer : run_apart_each(files.size(), limit, work)) {
    BriefAnswer& brief = answers.emplace_back();
    brief.problem = answer.problem;
    if (!answer.problem.empty()) continue;
    if (const auto json = parse_json(answer.text)) brief.summary = brief_of(*json);
    if (!brief.summary)
      brief.problem = "expected a results file; what was read of it makes no sense; do not trust this file.";
  }
  return answers;
}

}  // namespace fovea
