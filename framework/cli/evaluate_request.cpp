#include "framework/cli/evaluate_request.h"

#include <fmt/format.h>
#include <algorithm>

#include "framework/cli/command.h"
#include "framework/cli/plugin_library.h"
#include "framework/core/text.h"
#include "framework/files/atomic_file.h"

namespace fovea::cli {
namespace {

bool exists(const std::string& word) {
  std::error_code none;
  return std::filesystem::exists(word, none);
}

Split split_of(const std::string& name) {
  if (name.empty() || name == "test") return Split::kTest;
  if (name == "validation") return Split::kValidation;
  if (name == "train") return Split::kTrain;
  throw UsageError("--split", unknown_name(name, std::vector<std::string>{"train", "validation", "test"}));
}

}  // namespace

void EvaluateArguments::fields(ArgumentList& list) {
  list.words("runs", words, "trained runs: folders or results files; then tasks, by default those that a run ends with");
  list.repeated("--site", sites, "PATTERN=SITE or PATTERN=PART: how the sites of these paths choose; may be repeated");
  list.repeated("--sweep", sweeps, "the same, several by ';': an evaluation of its own for each; may be repeated");
  list.option("--split", split, "train, validation or test, of tasks that are named; by default test");
  list.option("--rows", rows, "items of each evaluation, >= 1; by default as many as the run has tested", {1});
  list.option("--output", output, "directory of the results, one folder for each");
  list.option("--threads", threads, "threads, >= 0; 0: one per core; changes no number of the results", {0, 4096});
  list.flag("--restart", restart, "replace evaluations of runs that have been trained again");
  list.flag("--quiet", quiet, "print the table only");
  add_plugins(list, plugins);
}

EvaluatePlan plan_of(const EvaluateArguments& arguments) {
  EvaluatePlan plan;
  for (const std::string& word : arguments.words) {
    const bool is_path = word.find('/') != std::string::npos && word.find('(') == std::string::npos;
    const bool is_task = !plan.places.empty() && !exists(word) && !is_path;
    std::vector<std::string>& words = is_task ? plan.tasks : plan.places;
    if (std::find(words.begin(), words.end(), word) != words.end()) {
      throw UsageError("fovea evaluate", "expected each run and each task once; " + in_quotes(word) + " came twice.");
    }
    words.push_back(word);
  }
  split_of(arguments.split);
  if (plan.places.empty()) {
    throw UsageError("fovea evaluate", "expected a trained run, such as runs/sort_by_pointing/main; none came.");
  }
  try {
    std::vector<SiteChange> always;
    for (const std::string& site : arguments.sites) always.push_back(SiteChange::parse(site));
    for (const std::string& sweep : arguments.sweeps) {
      for (const std::string_view text : split_outside(sweep, ';')) {
        plan.variants.push_back(always);
        plan.variants.back().push_back(SiteChange::parse(text));
      }
    }
    if (plan.variants.empty()) plan.variants.push_back(always);
  } catch (const Error& error) {
    throw UsageError(error);
  }
  return plan;
}

std::vector<Evaluation::Config> evaluations_of(const EvaluateArguments& arguments, const EvaluatePlan& plan,
                                               const RunSpec& run) {
  constexpr Extent kRows = 1000;
  std::vector<std::string> tasks = plan.tasks;
  if (tasks.empty() && !arguments.split.empty()) tasks.push_back(run.task);
  std::vector<Evaluation::Config> evaluations;
  for (const std::string& task : tasks) {
    std::string name = task == run.task ? (arguments.split.empty() ? "test" : arguments.split) : task;
    std::replace(name.begin(), name.end(), '/', '_');
    const Extent rows = run.train.test_rows > 0 ? run.train.test_rows : kRows;
    evaluations.push_back({name, task, split_of(arguments.split), rows});
  }
  if (evaluations.empty()) evaluations = final_evaluations(run);
  for (Evaluation::Config& evaluation : evaluations) {
    if (arguments.rows > 0) evaluation.rows = arguments.rows;
  }
  return evaluations;
}

std::string folder_name(const std::string& text) {
  constexpr std::size_t kMost = 80;
  constexpr std::size_t kDigits = 8;
  std::string name;
  for (const char c : text.substr(0, kMost)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    if (is_plain || (!name.empty() && name.back() != '-')) name += is_plain ? c : '-';
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  if (name == text) return name;
  return name + "-" + hash_of(std::as_bytes(std::span(text))).substr(0, kDigits);
}

std::string command_of(const EvaluateArguments& arguments, const EvaluatePlan& plan, const TrainedRun& run,
                       const std::vector<SiteChange>& sites) {
  std::string text = "fovea evaluate " + shell_word(run.file().string());
  for (const std::string& task : plan.tasks) text += " " + shell_word(task);
  for (const SiteChange& site : sites) text += " --site " + shell_word(site.written());
  if (!arguments.split.empty()) text += " --split " + arguments.split;
  if (arguments.rows > 0) text += fmt::format(" --rows {}", arguments.rows);
  return text;
}

}  // namespace fovea::cli
