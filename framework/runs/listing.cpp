#include "framework/runs/listing.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <utility>

#include "framework/core/error.h"
#include "framework/runs/json_parts.h"
#include "framework/runs/search.h"

namespace fovea {
namespace {

std::string time_text(std::chrono::system_clock::time_point time) {
  if (time == std::chrono::system_clock::time_point{}) return "";
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

/// What could not be read has its file and its problem, in the last columns.
void add_unread(TextTable& table, const std::vector<FoundRun>& unread) {
  if (table.head.empty()) {
    table.head = {"written", "file", "problem"};
    table.is_number.resize(3);
  }
  for (const FoundRun& run : unread) {
    std::vector<std::string> row(table.head.size() - 3);
    for (std::string cell : {time_text(run.written), path_text(run), problem_text(run)}) row.push_back(std::move(cell));
    table.rows.push_back(std::move(row));
  }
}

std::string seeds_text(const GroupFigure& figure) {
  std::string text;
  for (const SeedValue& run : figure.values) text += fmt::format("{}{}", text.empty() ? "" : " ", run.seed);
  return text;
}

void add_run(TextTable& table, const RunGroup& group, const FoundRun& run, const MetricChoice& choice) {
  TableRow row(table);
  row.add("experiment", group.experiment);
  row.add("run", group.run);
  row.add("settings", group.differences());
  row.add("seed", fmt::format("{}", run.seed), TableRow::Kind::kNumber);
  row.add("state", run.state);
  row.add("step", Extent{run.step});
  row.add("split", choice.split);
  row.add("metric", choice.metric);
  row.add("value", last_value(run.summary, choice));
  row.add("written", time_text(run.written));
  row.add("file", path_text(run));
  row.add("problem", "");
}

Json run_json(const FoundRun& run, const MetricChoice& choice) {
  return Json::Object{{"file", path_text(run)},
                      {"seed", run.seed},
                      {"state", run.state},
                      {"step", run.step},
                      {"value", number_json(last_value(run.summary, choice))},
                      {"written", time_text(run.written)}};
}

Json group_json(const RunGroup& group, const GroupFigure& figure) {
  Json::Array runs;
  Json::Array repeats;
  for (const FoundRun& run : group.runs) runs.push_back(run_json(run, figure.choice));
  for (const FoundRun& run : group.repeats) repeats.push_back(run_json(run, figure.choice));
  return Json::Object{{"experiment", group.experiment},
                      {"run", group.run},
                      {"differing", pairs_json(group.differing)},
                      {"settings", pairs_json(group.settings)},
                      {"split", figure.choice.split},
                      {"metric", figure.choice.metric},
                      {"is_so_far", figure.is_so_far},
                      {"left_out", figure.left_out},
                      {"statistics", summary_json(figure.summary)},
                      {"runs", std::move(runs)},
                      {"repeats", std::move(repeats)}};
}

}  // namespace

RunGroups runs_in(std::span<const std::string> places) {
  std::vector<FoundRun> runs;
  for (const std::filesystem::path& file : find_results(places)) runs.push_back(read_run(file));
  RunGroups groups = group_runs(std::move(runs));
  if (!groups.is_empty()) return groups;
  throw Error(places.empty() ? "runs" : places.front(),
              "expected results of runs here or below; there are none; give the --output of a run, or train one, as by "
              "'fovea run sort_by_pointing'.");
}

Listing listing_of(std::span<const std::string> places, GroupFigure::Unfinished unfinished) {
  Listing listing{runs_in(places), {}};
  for (const RunGroup& group : listing.found.groups) {
    const auto finished = std::find_if(group.runs.begin(), group.runs.end(), [](const auto& r) { return r.is_finished(); });
    const FoundRun& first = finished == group.runs.end() ? group.runs.front() : *finished;
    listing.figures.push_back(figure_of(group, main_metric(first.summary), unfinished));
  }
  return listing;
}

std::string states_text(const RunGroup& group) {
  std::map<std::string, int> counts;
  for (const FoundRun& run : group.runs) ++counts[run.state];
  if (counts.size() == 1) return counts.begin()->first;
  std::string text;
  for (const auto& [state, count] : counts) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, state);
  return text;
}

std::chrono::system_clock::time_point newest(const RunGroup& group) {
  const auto last = std::max_element(group.runs.begin(), group.runs.end(),
                                     [](const FoundRun& a, const FoundRun& b) { return a.written < b.written; });
  return last->written;
}

TextTable groups_table(const Listing& listing) {
  TextTable table;
  for (std::size_t i = 0; i < listing.figures.size(); ++i) {
    const RunGroup& group = listing.found.groups[i];
    const GroupFigure& figure = listing.figures[i];
    const std::optional<Interval>& interval = figure.summary.interval;
    TableRow row(table);
    row.add("experiment", group.experiment);
    row.add("run", group.run);
    row.add("settings", group.differences());
    row.add("n", figure.summary.n);
    row.add("left_out", figure.left_out);
    row.add("seeds", seeds_text(figure));
    row.add("states", states_text(group));
    row.add("split", figure.choice.split);
    row.add("metric", figure.choice.metric);
    row.add("mean", figure.summary.mean);
    row.add("deviation", figure.summary.deviation);
    row.add("low", interval ? std::optional(interval->low) : std::nullopt);
    row.add("high", interval ? std::optional(interval->high) : std::nullopt);
    row.add("written", time_text(newest(group)));
    row.add("file", path_text(group.runs.front()));
    row.add("problem", "");
  }
  add_unread(table, listing.found.unread);
  return table;
}

TextTable runs_table(const Listing& listing) {
  TextTable table;
  for (std::size_t i = 0; i < listing.figures.size(); ++i) {
    const RunGroup& group = listing.found.groups[i];
    for (const FoundRun& run : group.runs) add_run(table, group, run, listing.figures[i].choice);
    for (const FoundRun& run : group.repeats) {
      add_run(table, group, run, listing.figures[i].choice);
      table.rows.back().back() = "not counted: the seed is there already";
    }
  }
  add_unread(table, listing.found.unread);
  return table;
}

Json listing_json(const Listing& listing) {
  Json::Array groups;
  for (std::size_t i = 0; i < listing.figures.size(); ++i) {
    groups.push_back(group_json(listing.found.groups[i], listing.figures[i]));
  }
  return Json::Object{{"groups", std::move(groups)}, {"unread", unread_json(listing.found.unread)}};
}

}  // namespace fovea
