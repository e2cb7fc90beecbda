#include "framework/results/summary.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <optional>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/results/apart.h"
#include "framework/results/hdf5_read.h"
#include "framework/results/run_file.h"

namespace fovea {
namespace {

using hdf5::Reader;

std::string last_part(const std::string& path) { return printable(path.substr(path.rfind('/') + 1)); }

std::string find_text(const TextPairs& pairs, const std::string& name) {
  const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == name; });
  return found == pairs.end() ? "" : found->second;
}

/// 0 for anything that is not a number.
std::int64_t find_integer(const TextPairs& pairs, const std::string& name) {
  return std::strtoll(find_text(pairs, name).c_str(), nullptr, 10);
}

std::optional<double> find_real(const TextPairs& pairs, const std::string& name) {
  const std::string text = find_text(pairs, name);
  if (text.empty()) return std::nullopt;
  return std::strtod(text.c_str(), nullptr);
}

void read_train(const Reader& reader, RunSummary& summary) {
  summary.train.step = reader.integers("/train/step");
  for (const TreeLine& line : reader.below("/train")) {
    if (line.type != "float64" || line.shape != reader.line("/train/step").shape) continue;
    const TextPairs attributes = reader.attributes(line.path);
    summary.train.columns.push_back(
        {last_part(line.path), find_text(attributes, "units"), find_text(attributes, "long_name"), reader.reals(line.path)});
  }
}

EvaluationTable read_evaluation(const Reader& reader, const std::string& group) {
  EvaluationTable table;
  table.split = last_part(group);
  table.step = reader.integers(group + "/step");
  table.chance = find_real(reader.attributes(group), "chance");
  const auto rows = static_cast<std::int64_t>(table.step.size());
  if (reader.has(group + "/slice") && reader.line(group + "/slice").type == "string") {
    for (const std::string& name : reader.texts(group + "/slice")) table.slices.push_back(printable(name));
  }
  const std::vector<std::int64_t> flat{rows};
  const std::vector<std::int64_t> sliced{rows, static_cast<std::int64_t>(table.slices.size())};
  for (const TreeLine& line : reader.below(group)) {
    if (line.type != "float64" || (line.shape != flat && line.shape != sliced)) continue;
    const TextPairs attributes = reader.attributes(line.path);
    Column column{last_part(line.path), find_text(attributes, "units"), find_text(attributes, "long_name"),
                  reader.reals(line.path)};
    constexpr std::string_view kSuffix = "_by_slice";
    if (line.shape == sliced && column.name.ends_with(kSuffix)) {
      column.name.resize(column.name.size() - kSuffix.size());
    }
    (line.shape == flat ? table.columns : table.by_slice).push_back(std::move(column));
  }
  return table;
}

void read_sites(const Reader& reader, RunSummary& summary) {
  const std::string prefix = "/selection/";
  for (const TreeLine& line : reader.tree()) {
    if (line.type != "group" || line.path.rfind(prefix, 0) != 0) continue;
    const TextPairs attributes = reader.attributes(line.path);
    if (find_text(attributes, "site").empty()) continue;  // a group that only holds sites
    SelectionSite site;
    site.path = printable(line.path.substr(prefix.size()));
    site.text = find_text(attributes, "site");
    site.scored_pairs = find_integer(attributes, "scored_pairs");
    site.gathered_rows_forward = find_integer(attributes, "gathered_rows_forward");
    site.gathered_rows_backward = find_integer(attributes, "gathered_rows_backward");
    site.dead_share = find_real(attributes, "dead_share");
    if (const auto distinct = find_real(attributes, "distinct_items")) site.distinct_items = std::llround(*distinct);
    site.largest_share = find_real(attributes, "largest_share");
    site.mean_entropy = find_real(attributes, "mean_entropy");
    site.selection_accuracy = find_real(attributes, "selection_accuracy");
    site.policy_entropy = find_real(attributes, "policy_entropy");
    site.split = find_text(attributes, "split");
    site.heads = std::max<std::int64_t>(find_integer(attributes, "heads"), 1);
    site.query_stride = std::max<std::int64_t>(find_integer(attributes, "query_stride"), 1);
    site.entries_cut = find_integer(attributes, "entries_cut");
    summary.sites.push_back(std::move(site));
  }
}

void read_parameters(const Reader& reader, RunSummary& summary) {
  const std::string prefix = "/parameters/";
  for (TreeLine line : reader.tree()) {
    if (line.type == "group" || line.path.rfind(prefix, 0) != 0) continue;
    // The dimension scales among them have no axes.
    if (find_text(reader.attributes(line.path), "CLASS") == "DIMENSION_SCALE") continue;
    line.path = printable(line.path.substr(prefix.size()));
    summary.parameters.push_back(std::move(line));
  }
  const TextPairs graph = reader.attributes("/graph");
  summary.parameter_count = find_integer(graph, "parameter_count");
  summary.arena_bytes = find_integer(graph, "arena_bytes");
}

void read_clock(const Reader& reader, RunSummary& summary) {
  for (const TreeLine& line : reader.below("/clock")) {
    if (!line.shape.empty()) continue;
    std::string text;
    if (line.type == "text") text = reader.texts(line.path).front();
    if (line.type == "int64") text = fmt::format("{}", reader.integers(line.path).front());
    if (line.type == "float64") text = fmt::format("{:.3f}", reader.reals(line.path).front());
    summary.clock.emplace_back(last_part(line.path), text);
  }
}

RunSummary read(const std::filesystem::path& path) {
  const hdf5::Session session;
  const Reader reader(path);
  RunSummary summary;
  summary.attributes = reader.attributes("/");
  expect_schema(summary.attributes);
  summary.config = reader.attributes("/config");
  summary.provenance = reader.attributes("/provenance");
  read_clock(reader, summary);
  read_train(reader, summary);
  for (const TreeLine& line : reader.below("/evaluation")) {
    if (line.type == "group") summary.evaluation.push_back(read_evaluation(reader, line.path));
  }
  read_sites(reader, summary);
  read_parameters(reader, summary);
  for (TreeLine line : reader.tree()) {
    line.path = printable(line.path);
    summary.tree.push_back(std::move(line));
  }
  return summary;
}

/// The error of reading in a separate process, "" where there is none.
std::string error_apart(const std::filesystem::path& path) {
  std::error_code none;
  const std::uintmax_t bytes = std::filesystem::file_size(path, none);
  return run_apart(reading_limit(none ? 0 : bytes), [&]() -> std::string {
    try {
      read(path);
    } catch (const Error& error) {
      return error.fact();
    } catch (const std::exception& error) {
      return fmt::format("expected a file that can be read; {}; check the file and the memory.", error.what());
    }
    return "";
  });
}

}  // namespace

void expect_schema(const TextPairs& attributes) {
  const std::string schema = find_text(attributes, "fovea_schema");
  if (is_read_schema(schema)) return;
  throw Error("hdf5", fmt::format("expected a results file of Fovea with fovea_schema {} to {}; {}; give the path of a "
                                  "results.h5, or use the version of Fovea that wrote it.",
                                  kOldestSchema, kResultsSchema,
                                  schema.empty() ? "it has no such attribute" : "it has '" + schema + "'"));
}

RunSummary read_summary(const std::filesystem::path& path) {
  try {
    const std::string fact = error_apart(path);
    if (!fact.empty()) throw Error(path.string(), fact);
    return read(path);  // now known not to crash
  } catch (const Error& error) {
    throw Error(path.string(), error.fact());
  }
}

}  // namespace fovea
