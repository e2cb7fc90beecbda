#include "framework/runs/found_run.h"

#include <fmt/format.h>
#include <xxhash.h>
#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/results/journal.h"
#include "framework/results/run_file.h"
#include "framework/results/run_lock.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

bool is_worked_on(const fs::path& file) {
  if (file.filename() != kResultsName) return false;
  try {
    return is_locked(file.has_parent_path() ? file.parent_path() : fs::path("."));
  } catch (const Error&) {
    return false;  // the state of the file has to do
  }
}

std::string state_now(const fs::path& file, const std::string& state) {
  if (state == "finished") return state;
  if (is_worked_on(file)) return "running";
  return state == "running" ? "interrupted" : state;
}

std::chrono::system_clock::time_point time_of(const fs::path& file) {
  std::error_code failure;
  const fs::file_time_type time = fs::last_write_time(file, failure);
  if (failure) return {};
  return std::chrono::time_point_cast<std::chrono::system_clock::duration>(std::chrono::file_clock::to_sys(time));
}

std::int64_t last_step(const RunSummary& summary) {
  std::int64_t step = summary.train.step.empty() ? 0 : summary.train.step.back();
  for (const EvaluationTable& table : summary.evaluation) {
    if (!table.step.empty()) step = std::max(step, table.step.back());
  }
  return step;
}

/// Of a run that has begun, its journal is there before its results.
FoundRun read_beginning(const fs::path& file) {
  FoundRun found;
  found.file = file;
  const fs::path journal = found.file.parent_path() / "journal";
  const std::vector<JournalRow> rows = read_journal(journal);
  const std::int64_t step = rows.empty() ? 0 : rows.back().step;
  found.reading = FoundRun::Reading::kUnpublished;
  found.problem =
      fmt::format("nothing is published yet; {} at step {}", is_worked_on(found.file) ? "running" : "interrupted", step);
  found.written = time_of(journal);
  return found;
}

}  // namespace

FoundRun read_run(const fs::path& file) {
  try {
    if (auto found = unpublished_run(file)) return *std::move(found);
    return found_run(file, read_summary(file));
  } catch (...) {
    return damaged_run(file, caught_error("reading").fact());
  }
}

FoundRun found_run(const fs::path& file, RunSummary summary) {
  FoundRun found;
  found.file = file;
  found.summary = std::move(summary);
  found.summary.tree = {};
  found.summary.parameters = {};
  const TextPairs& attributes = found.summary.attributes;
  found.experiment = text_of(attributes, "experiment");
  found.run = text_of(attributes, "run");
  found.seed = std::strtoull(text_of(attributes, "seed").c_str(), nullptr, 10);
  found.state = state_now(file, text_of(attributes, "state"));
  found.step = last_step(found.summary);
  found.written = time_of(file);
  found.reading = FoundRun::Reading::kWhole;
  return found;
}

FoundRun damaged_run(const fs::path& file, const std::string& problem) {
  FoundRun found;
  found.file = file;
  found.problem = printable(problem);
  found.written = time_of(file);
  return found;
}

std::optional<FoundRun> unpublished_run(const fs::path& file) {
  std::error_code none;
  if (fs::exists(fs::symlink_status(file, none)) || !fs::exists(file.parent_path() / "journal", none)) return std::nullopt;
  return read_beginning(file);
}

std::string run_id(const fs::path& file) {
  std::error_code failure;
  const fs::path canonical = fs::weakly_canonical(file, failure);
  const std::string text = (failure ? file : canonical).string();
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

std::string path_text(const FoundRun& run) { return printable(run.file.string()); }

std::string problem_text(const FoundRun& run) {
  return (run.reading == FoundRun::Reading::kDamaged ? "damaged: " : "") + run.problem;
}

std::string text_of(const TextPairs& pairs, const std::string& name) {
  const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == name; });
  return found == pairs.end() ? "" : found->second;
}

}  // namespace fovea
