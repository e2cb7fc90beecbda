#include "framework/report/view_runs.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/report/figure.h"
#include "framework/report/group_series.h"
#include "framework/runs/comparison_table.h"

namespace fovea {
namespace {

std::vector<ViewRun> view_runs(const RunGroups& runs) {
  const std::vector<std::string> names = short_names(runs.groups);
  std::vector<ViewRun> shown;
  for (std::size_t i = 0; i < runs.groups.size() && shown.size() < kMostViewRuns; ++i) {
    const std::vector<const FoundRun*> counted = counted_runs(runs.groups[i]);
    if (counted.empty()) continue;
    const FoundRun* run = counted.front();
    shown.push_back({run, fmt::format("{}, seed {}", short_text(names[i], kLongViewText), run->seed)});
  }
  return shown;
}

/// Empty where every run is shown.
std::string left_out_runs(const RunGroups& runs) {
  const bool has_seeds = std::any_of(runs.groups.begin(), runs.groups.end(),
                                     [](const RunGroup& group) { return counted_runs(group).size() > 1; });
  const std::string seeds = has_seeds ? "Of each group, one seed is shown." : "";
  if (runs.groups.size() <= kMostViewRuns) return seeds;
  return fmt::format("{}{}The first {} of {} groups are shown; make a report of fewer runs to see the others.", seeds,
                     seeds.empty() ? "" : " ", kMostViewRuns, runs.groups.size());
}

}  // namespace

Json view_json(const RunGroups& runs, const std::function<Json(const ViewRun&, std::vector<std::string>&)>& show) {
  std::vector<std::string> notes;
  Json::Array shown;
  for (const ViewRun& run : view_runs(runs)) {
    try {
      Json json = show(run, notes);
      if (!json.is<std::nullptr_t>()) shown.push_back(std::move(json));
    } catch (const Error& error) {
      notes.push_back(fmt::format("{}: {}", run.name, printable(error.fact())));
    }
  }
  if (shown.empty()) return {};
  const std::string left_out = left_out_runs(runs);
  if (!left_out.empty()) notes.insert(notes.begin(), left_out);
  Json::Array sentences;
  for (const std::string& note : notes) sentences.emplace_back(note);
  return Json::Object{{"note", std::move(sentences)}, {"runs", std::move(shown)}};
}

Json::Object run_object(const ViewRun& run) {
  return {{"id", run_id(run.run->file)}, {"name", run.name}, {"seed", std::to_string(run.run->seed)}};
}

Json texts_json(const std::vector<std::string>& texts) {
  Json::Array array;
  for (const std::string& text : texts) array.emplace_back(short_text(text, kLongViewText));
  return array;
}

Json wholes_json(const std::vector<std::int64_t>& numbers) {
  Json::Array array;
  for (const std::int64_t number : numbers) array.emplace_back(number);
  return array;
}

Json weights_json(const std::vector<double>& weights) {
  constexpr double kScale = 1e4;
  Json::Array array;
  for (const double weight : weights) {
    const bool is_told = std::isfinite(weight) && std::abs(weight) < 1e9;
    if (is_told) array.emplace_back(std::round(weight * kScale) / kScale);
    if (!is_told) array.emplace_back();
  }
  return array;
}

}  // namespace fovea
