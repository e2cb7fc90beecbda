#include "framework/serve/routes.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/files/atomic_file.h"
#include "framework/results/apart.h"
#include "framework/results/child.h"
#include "framework/results/run_lock.h"
#include "framework/runs/json_parts.h"
#include "framework/serve/access.h"

namespace fovea {
namespace {

constexpr const char* kRun = "/api/run/";
constexpr const char* kRows = "/api/rows/";
constexpr std::size_t kMostRuns = 1000;  // of one model
constexpr std::size_t kMostFollowed = 16;
constexpr std::size_t kMostModels = 4;
constexpr std::uint64_t kMostMemory = std::uint64_t{8} << 30;  // of a process that reads, with the program itself
constexpr char kDone = 'd';
constexpr char kFailed = 'f';

ServeAnswer json_answer(std::string text) {
  return {200, "application/json", std::make_shared<const std::string>(std::move(text))};
}

ServeAnswer no_run() {
  return failed(404, "[serve] expected the id of a run; there is none of this id; the list of runs has all.");
}

/// A whole number; -1 for anything else.
std::int64_t number_of(const std::string& text) {
  std::int64_t value = -1;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc{} && end == text.data() + text.size() ? value : -1;
}

/// What `work` returns in a child process, with its errors.
std::string text_apart(std::chrono::seconds limit, const std::atomic<int>* stop, const std::function<std::string()>& work) {
  std::string text = run_apart(
      limit,
      [&] {
        try {
          limit_memory(kMostMemory);
          return kDone + work();
        } catch (...) {
          const Error error = caught_error("serve");
          return kFailed + fmt::format("[{}] {}", error.where(), error.fact());
        }
      },
      stop);
  if (text.front() == kDone) return text.substr(1);
  throw Error(printable(text.substr(1)));
}

Json last_values_json(const EvaluationTable& table) {
  Json::Object values;
  for (const Column& column : table.columns) {
    if (!column.values.empty()) values.emplace_back(column.name, number_json(column.values.back()));
  }
  return Json::Object{{"split", table.split},
                      {"step", table.step.empty() ? std::int64_t{0} : table.step.back()},
                      {"values", std::move(values)}};
}

Json run_json(const FoundRun& run) {
  Json::Array evaluation;
  for (const EvaluationTable& table : run.summary.evaluation) evaluation.push_back(last_values_json(table));
  Json::Array sites;
  for (const SelectionSite& site : run.summary.sites)
    sites.push_back(Json::Object{{"path", site.path}, {"text", site.text}});
  return Json::Object{{"id", run_id(run.file)},
                      {"file", path_text(run)},
                      {"experiment", run.experiment},
                      {"run", run.run},
                      {"seed", fmt::format("{}", run.seed)},
                      {"state", run.state},
                      {"step", run.step},
                      {"problem", run.problem.empty() ? "" : problem_text(run)},
                      {"config", pairs_json(run.summary.config)},
                      {"provenance", pairs_json(run.summary.provenance)},
                      {"clock", pairs_json(run.summary.clock)},
                      {"evaluation", std::move(evaluation)},
                      {"sites", std::move(sites)}};
}

std::chrono::seconds limit_of(const std::vector<std::filesystem::path>& files) {
  std::chrono::seconds limit{60};
  for (const auto& file : files) limit += reading_limit(stamp_of(file).bytes);
  return limit;
}

bool is_followed(const std::filesystem::path& file) {
  try {
    return is_locked(file.parent_path());
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Routes::Routes(ServeSettings settings) : settings_(std::move(settings)), list_(settings_.places, settings_.kept) {}

bool Routes::has_token(const ServeRequest& request) const {
  const auto target = parse_target(request.target);
  return target && is_token(target->value("token"), settings_.token);
}

std::variant<ServeAnswer, ServeTarget> Routes::admitted(const ServeRequest& request) const {
  if (!is_own_host(request.host, settings_.port)) {
    return failed(421, fmt::format("[serve] expected the host 127.0.0.1:{0} or localhost:{0}; another one came; forward the "
                                   "same port: ssh -N -L {0}:127.0.0.1:{0} HOST.",
                                   settings_.port));
  }
  auto target = parse_target(request.target);
  if (!target) return failed(400, "[serve] expected an address of this server; this is none; open the one that it prints.");
  if (!is_token(target->value("token"), settings_.token)) {
    return failed(403,
                  "[serve] expected the token of this server in the address; it is not there; open the address that "
                  "'fovea serve' prints.");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return failed(405, "[serve] expected GET or HEAD; this server changes nothing; ask in one of these ways.");
  }
  const std::string& path = target->path;
  const bool is_known = path == "/" || path == "/api/runs" || path == "/api/model" || path == "/api/live" ||
                        path.starts_with(kRun) || path.starts_with(kRows);
  if (!is_known)
    return failed(404, "[serve] expected an address of this server; there is nothing here; open its first page.");
  return *std::move(target);
}

Lane Routes::lane_of(const ServeTarget& target) {
  if (target.path == "/") return Lane::kAtOnce;
  if (target.path == "/api/model") return Lane::kModel;
  return target.path == "/api/live" ? Lane::kLive : Lane::kList;
}

ServeAnswer Routes::answer(const ServeRequest& request, const ServeTarget& target) {
  try {
    const std::string& path = target.path;
    if (path == "/") {
      return {200, "text/html; charset=utf-8", std::shared_ptr<const std::string>(std::shared_ptr<void>(), &settings_.page)};
    }
    if (path == "/api/runs") return run_list(request);
    if (path == "/api/model") return model(request, target);
    if (path.starts_with(kRows)) return rows(target);
    return one_run(path.substr(std::string_view(kRun).size()));
  } catch (...) {
    return failed(500, printable(caught_error("serve").what()));
  }
}

ServeAnswer Routes::run_list(const ServeRequest& request) {
  const auto listing = list_.refreshed();
  if (request.known_tag == listing->tag) return {304, "", {}, listing->tag};
  return {200, "application/json", std::shared_ptr<const std::string>(listing, &listing->body), listing->tag};
}

ServeAnswer Routes::one_run(const std::string& id) {
  const auto known = list_.refreshed();
  const auto found = known->by_id.find(id);
  if (found == known->by_id.end()) return no_run();
  return json_answer(
      text_apart(limit_of({found->second}), settings_.stop, [&] { return json_line(run_json(read_run(found->second))); }));
}

ServeAnswer Routes::rows(const ServeTarget& target) {
  const auto known = list_.refreshed();
  const auto found = known->by_id.find(target.path.substr(std::string_view(kRows).size()));
  if (found == known->by_id.end()) return no_run();
  try {
    RowChoice choice{target.value("site"), number_of(target.value("from")), number_of(target.value("to"))};
    if (const std::string item = target.value("item"); !item.empty()) choice.item = number_of(item);
    return json_answer(rows_.rows(found->second, choice));
  } catch (const Error& error) {
    return failed(400, printable(error.what()));
  }
}

std::optional<Routes::Files> Routes::files_of(const ServeTarget& target) {
  const auto known = list_.refreshed();
  const std::string ids = target.value("run");
  if (ids.empty()) return known->files;
  Files files;
  for (const std::string_view id : split_outside(ids, ',')) {
    const auto found = known->by_id.find(std::string(id));
    if (found == known->by_id.end()) return std::nullopt;
    if (std::find(files.begin(), files.end(), found->second) == files.end()) files.push_back(found->second);
  }
  return files;
}

std::string Routes::model_text(const Files& files) const {
  return text_apart(limit_of(files), settings_.stop, [&] {
    std::vector<FoundRun> runs;
    runs.reserve(files.size());
    for (const auto& file : files) runs.push_back(read_run(file));
    return json_line(settings_.model(group_runs(std::move(runs))));
  });
}

ServeAnswer Routes::model(const ServeRequest& request, const ServeTarget& target) {
  const auto files = files_of(target);
  if (!files) return no_run();
  if (files->size() > kMostRuns) {
    return failed(400, fmt::format("[serve] expected at most {} runs for one page; {} came; choose fewer in the list.",
                                   kMostRuns, files->size()));
  }
  std::string wanted;
  for (const auto& file : *files) {
    const FileStamp stamp = stamp_of(file);
    wanted += fmt::format("{}\n{}\n{}\n{}\n{}\n", file.string(), stamp.time, stamp.bytes, stamp.hash, is_followed(file));
  }
  const std::string tag = "\"" + hash_of(std::as_bytes(std::span(wanted))) + "\"";
  if (request.known_tag == tag) return {304, "", {}, tag};
  const auto known = std::find_if(models_.begin(), models_.end(), [&](const auto& one) { return one.first == tag; });
  if (known != models_.end()) {
    models_.splice(models_.begin(), models_, known);
  } else {
    models_.emplace_front(tag, std::make_shared<const std::string>(model_text(*files)));
    if (models_.size() > kMostModels) models_.pop_back();
  }
  return {200, "application/json", models_.front().second, tag};
}

std::variant<ServeAnswer, std::unique_ptr<LiveFeed>> Routes::feed(const ServeRequest& request, const ServeTarget& target) {
  try {
    auto files = files_of(target);
    if (!files) return no_run();
    if (target.value("run").empty()) std::erase_if(*files, [](const auto& file) { return !is_followed(file); });
    if (files->size() > kMostFollowed) files->resize(kMostFollowed);
    std::vector<LiveRun> runs;
    for (const auto& file : *files) runs.push_back({run_id(file), file.parent_path()});
    const std::string since = target.value("since");
    return std::make_unique<LiveFeed>(runs, request.last_event_id.empty() ? since : request.last_event_id);
  } catch (...) {
    return failed(500, printable(caught_error("serve").what()));
  }
}

}  // namespace fovea
