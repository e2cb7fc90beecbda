#include "framework/serve/run_list.h"

#include <fmt/format.h>
#include <utility>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/runs/group_figure.h"
#include "framework/runs/json_parts.h"
#include "framework/runs/listing.h"
#include "framework/runs/search.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

Json run_json(const FoundRun& run, const MetricChoice& choice) {
  std::error_code none;
  const auto written = std::chrono::duration_cast<std::chrono::seconds>(run.written.time_since_epoch()).count();
  return Json::Object{{"id", run_id(run.file)},
                      {"file", path_text(run)},
                      {"seed", fmt::format("{}", run.seed)},  // JavaScript rounds large numbers
                      {"state", run.state},
                      {"step", run.step},
                      {"value", number_json(last_value(run.summary, choice))},
                      {"written", static_cast<std::int64_t>(written)},
                      {"problem", run.problem.empty() ? "" : problem_text(run)},
                      {"has_journal", fs::exists(run.file.parent_path() / "journal", none)}};
}

Json runs_json(const std::vector<FoundRun>& runs, const MetricChoice& choice) {
  Json::Array items;
  for (const FoundRun& run : runs) items.push_back(run_json(run, choice));
  return items;
}

Json group_json(const RunGroup& group) {
  const auto finished =
      std::find_if(group.runs.begin(), group.runs.end(), [](const auto& run) { return run.is_finished(); });
  const FoundRun& first = finished == group.runs.end() ? group.runs.front() : *finished;
  const GroupFigure figure = figure_of(group, main_metric(first.summary), GroupFigure::Unfinished::kLeftOut);
  const std::string so_far = figure.is_so_far && !figure.values.empty() ? " so far" : "";
  return Json::Object{{"experiment", group.experiment},
                      {"run", group.run},
                      {"settings", group.differences()},
                      {"split", figure.choice.split},
                      {"metric", figure.choice.metric},
                      {"n", static_cast<std::int64_t>(figure.values.size())},
                      {"value", number_json(figure.summary.mean)},
                      {"text", values_text(figure) + so_far},
                      {"states", states_text(group)},
                      {"runs", runs_json(group.runs, figure.choice)},
                      {"repeats", runs_json(group.repeats, figure.choice)}};
}

std::string tag_of(const std::string& body) { return "\"" + hash_of(std::as_bytes(std::span(body))) + "\""; }

}  // namespace

std::string listing_text(std::vector<FoundRun> runs) {
  const RunGroups found = group_runs(std::move(runs));
  Json::Array groups;
  for (const RunGroup& group : found.groups) groups.push_back(group_json(group));
  return json_line(Json::Object{{"groups", std::move(groups)}, {"unread", runs_json(found.unread, {})}});
}

std::shared_ptr<const RunListing> RunList::refreshed() {
  constexpr std::chrono::milliseconds kMoment{500};
  const std::lock_guard lock(mutex_);
  if (last_ && Clock::now() - looked_ < kMoment) return last_;
  auto listing = std::make_shared<RunListing>();
  listing->files = find_results(places_);
  std::vector<FoundRun> runs;
  std::vector<fs::path> published;
  for (const fs::path& file : listing->files) {
    listing->by_id.emplace(run_id(file), file);
    try {
      if (auto run = unpublished_run(file)) {
        runs.push_back(*std::move(run));
        continue;
      }
    } catch (...) {
      runs.push_back(damaged_run(file, caught_error("reading").fact()));
      continue;
    }
    published.push_back(file);
  }
  for (FoundRun& run : cache_.runs(published)) runs.push_back(std::move(run));
  listing->body = listing_text(std::move(runs));
  listing->tag = tag_of(listing->body);
  looked_ = Clock::now();
  last_ = listing;
  return listing;
}

}  // namespace fovea
