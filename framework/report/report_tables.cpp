#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <utility>

#include "framework/core/text.h"
#include "framework/files/atomic_file.h"
#include "framework/report/group_series.h"
#include "framework/report/report_parts.h"
#include "framework/runs/comparison_table.h"
#include "framework/runs/group_figure.h"

namespace fovea {
namespace {

using List = Json::Array;
using Object = Json::Object;

constexpr std::size_t kMostColumns = 12;  // of a table of settings
constexpr std::size_t kMostPairs = 300;   // of a run
constexpr std::size_t kLongText = 2000;

Json texts_json(const std::vector<std::string>& texts) {
  List array;
  for (const std::string& text : texts) array.emplace_back(short_text(text, kLongText));
  return array;
}

Json pairs_of(const TextPairs& pairs) {
  Object object;
  for (const auto& [name, value] : pairs) {
    if (object.size() == kMostPairs) break;
    object.emplace_back(short_text(name, kLongText), short_text(value, kLongText));
  }
  return object;
}

/// Values by name, of each group; every name once, in the order of the first group that has it.
struct Settings {
  std::vector<std::string> names;
  std::vector<std::map<std::string, std::string>> groups;

  bool is_common(const std::string& name) const {
    return std::all_of(groups.begin(), groups.end(), [&](const auto& group) {
      const auto found = group.find(name);
      return found != group.end() && found->second == groups.front().at(name);
    });
  }
};

Settings settings_of(const RunGroups& runs) {
  Settings settings;
  std::set<std::string> seen;
  for (const RunGroup& group : runs.groups) {
    for (const auto& [name, value] : group.settings) {
      if (settings.names.size() < kMostPairs && seen.insert(name).second) settings.names.push_back(name);
    }
    settings.groups.emplace_back(group.settings.begin(), group.settings.end());
  }
  return settings;
}

Json run_json(const RunGroup& group, const std::string& name, const FoundRun& run, const std::string& note) {
  return Object{{"id", run_id(run.file)},
                {"file", path_text(run)},
                {"hash", hash_of_file(run.file)},
                {"group", name},
                {"run", short_text(group.run, kLongText)},
                {"seed", std::to_string(run.seed)},
                {"state", run.state},
                {"step", run.step},
                {"note", note},
                {"command", short_text(text_of(run.summary.provenance, "command"), kLongText)},
                {"config", pairs_of(run.summary.config)},
                {"provenance", pairs_of(run.summary.provenance)}};
}

}  // namespace

Json table_json(const TextTable& table) {
  List rows;
  List numbers;
  for (const std::vector<std::string>& row : table.rows) rows.push_back(texts_json(row));
  for (std::size_t i = 0; i < table.head.size(); ++i) numbers.emplace_back(i < table.is_number.size() && table.is_number[i]);
  return Object{{"title", short_text(table.title, kLongText)},
                {"columns", texts_json(table.head)},
                {"numbers", std::move(numbers)},
                {"rows", std::move(rows)},
                {"notes", texts_json(table.sentences)}};
}

TextTable answer_table(const RunGroups& runs) {
  constexpr std::size_t kMostMetrics = 6;
  const MetricChoice choice = resolved_metric({}, runs.groups);
  std::vector<std::string> metrics{choice.metric};
  for (const RunGroup& group : runs.groups) {
    for (const EvaluationTable& table : group.runs.front().summary.evaluation) {
      if (table.split != choice.split) continue;
      for (const Column& column : table.columns) {
        const bool is_new = std::find(metrics.begin(), metrics.end(), column.name) == metrics.end();
        if (is_new && metrics.size() < kMostMetrics) metrics.push_back(column.name);
      }
    }
  }
  const std::vector<std::string> names = short_names(runs.groups);
  TextTable table{"At the end, on " + choice.split, {"group", "n"}, {}, {false, true}, {}};
  for (const std::string& metric : metrics) {
    table.head.push_back(metric);
    table.is_number.push_back(true);
  }
  bool has_several = false;
  for (std::size_t i = 0; i < runs.groups.size(); ++i) {
    std::vector<std::string> row{names[i], ""};
    for (const std::string& metric : metrics) {
      const GroupFigure figure = figure_of(runs.groups[i], {choice.split, metric, ""}, GroupFigure::Unfinished::kLeftOut);
      if (metric == choice.metric) row[1] = std::to_string(figure.values.size()) + (figure.is_so_far ? " so far" : "");
      row.push_back(values_text(figure));
      has_several = has_several || figure.values.size() > 1;
    }
    table.rows.push_back(std::move(row));
  }
  table.sentences.push_back(runs_caption(runs));
  if (has_several) {
    table.sentences.emplace_back("Means are over seeds, in brackets the 95 % t interval; of two seeds, both values.");
  }
  return table;
}

Json common_settings(const RunGroups& runs) {
  const Settings settings = settings_of(runs);
  List common;
  for (const std::string& name : settings.names) {
    if (settings.groups.front().count(name) == 0 || !settings.is_common(name)) continue;
    const std::string& value = settings.groups.front().at(name);
    common.push_back(Object{{"name", short_text(name, kLongText)}, {"value", short_text(value, kLongText)}});
  }
  return common;
}

TextTable differing_settings(const RunGroups& runs) {
  const Settings settings = settings_of(runs);
  const std::vector<std::string> names = short_names(runs.groups);
  TextTable table{"Settings that differ", {"group"}, {}, {false}, {}};
  for (const std::string& name : settings.names) {
    if (settings.groups.front().count(name) == 0 || !settings.is_common(name)) table.head.push_back(name);
  }
  if (table.head.size() > kMostColumns + 1) {
    table.sentences.push_back(fmt::format("The first {} of {} settings that differ.", kMostColumns, table.head.size() - 1));
    table.head.resize(kMostColumns + 1);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<std::string> row{names[i]};
    for (std::size_t column = 1; column < table.head.size(); ++column) {
      const auto found = settings.groups[i].find(table.head[column]);
      row.push_back(found == settings.groups[i].end() ? "-" : found->second);
    }
    table.rows.push_back(std::move(row));
  }
  table.is_number.resize(table.head.size());
  return table;
}

Json runs_json(const RunGroups& runs) {
  const std::vector<std::string> names = short_names(runs.groups);
  List all;
  for (std::size_t i = 0; i < runs.groups.size(); ++i) {
    const RunGroup& group = runs.groups[i];
    const std::string name = short_text(names[i], kLongText);
    for (const FoundRun& run : group.runs) all.push_back(run_json(group, name, run, ""));
    for (const FoundRun& run : group.repeats)
      all.push_back(run_json(group, name, run, "not counted: the seed is there already"));
  }
  return all;
}

}  // namespace fovea
