#include "framework/trained/evaluate.h"

#include <fmt/format.h>
#include <algorithm>
#include <ostream>
#include <system_error>

#include "framework/cli/command.h"
#include "framework/cli/evaluated_table.h"
#include "framework/cli/plugin_library.h"
#include "framework/cli/progress.h"
#include "framework/cli/screen.h"
#include "framework/cli/screen_table.h"
#include "framework/cli/signals.h"
#include "framework/cli/wrapping.h"
#include "framework/core/text.h"
#include "framework/cpu/parallel.h"
#include "framework/files/atomic_file.h"
#include "framework/runs/listing.h"

namespace fovea::cli {
namespace {

struct Arguments {
  std::vector<std::string> words;
  std::vector<std::string> sites;
  std::vector<std::string> sweeps;
  std::string split;
  Extent rows = 0;
  std::string output = "evaluations";
  Extent threads = 0;
  bool restart = false;
  bool quiet = false;
  std::vector<std::string> plugins;

  void fields(ArgumentList& list) {
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
};

/// What is evaluated, and how.
struct Plan {
  std::vector<std::string> places;  // of runs
  std::vector<std::string> tasks;
  std::vector<std::vector<SiteChange>> variants;  // each with what --site says; one, at least
};

bool exists(const std::string& word) {
  std::error_code none;
  return std::filesystem::exists(word, none);
}

Plan plan_of(const Arguments& arguments) {
  Plan plan;
  for (const std::string& word : arguments.words) {
    const bool is_task = !plan.places.empty() && !exists(word);
    (is_task ? plan.tasks : plan.places).push_back(word);
  }
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

Split split_of(const std::string& name) {
  if (name.empty() || name == "test") return Split::kTest;
  if (name == "validation") return Split::kValidation;
  if (name == "train") return Split::kTrain;
  throw UsageError("--split", unknown_name(name, std::vector<std::string>{"train", "validation", "test"}));
}

std::vector<Evaluation::Config> evaluations_of(const Arguments& arguments, const Plan& plan, const RunSpec& run) {
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

/// A text as the name of a folder; one that is changed or cut gets the hash of the whole, so that it stays its own.
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

std::string written(const std::vector<SiteChange>& sites) {
  std::string text;
  for (const SiteChange& site : sites) text += (text.empty() ? "" : ", ") + site.written();
  return text.empty() ? "as trained" : text;
}

std::string command_of(const Arguments& arguments, const Plan& plan, const TrainedRun& run,
                       const std::vector<SiteChange>& sites) {
  std::string text = "fovea evaluate " + shell_word(run.file().string());
  for (const std::string& task : plan.tasks) text += " " + shell_word(task);
  for (const SiteChange& site : sites) text += " --site " + shell_word(site.written());
  if (!arguments.split.empty()) text += " --split " + arguments.split;
  if (arguments.rows > 0) text += fmt::format(" --rows {}", arguments.rows);
  return text;
}

/// The evaluations of all runs, one after the other.
class Evaluator {
 public:
  Evaluator(const Arguments& arguments, const Console& console, Plan plan)
      : arguments_(arguments),
        console_(console),
        plan_(std::move(plan)),
        line_(console.err, arguments.quiet            ? ProgressLine::Style::kSilent
                           : is_terminal(console.err) ? ProgressLine::Style::kTerminal
                                                      : ProgressLine::Style::kPlain) {}

  /// The exit code.
  int run(const StopSignals& signals) {
    const RunGroups found = runs_in(plan_.places);
    for (const FoundRun& run : found.unread) console_.err << path_text(run) << "  " << problem_text(run) << '\n';
    for (const RunGroup& group : found.groups) {
      if (is_evaluation(group)) continue;
      table_.begin_row(group.name());
      for (const FoundRun& run : group.runs) {
        if (!evaluate_all(run, signals)) {
          line_.finish();
          console_.err << fmt::format("stopped by {}; what was evaluated is kept.\n", signal_name(signals.number()));
          return 128 + signals.number();
        }
      }
    }
    line_.finish();
    if (table_.is_empty()) {
      throw Error("fovea evaluate", "expected a run whose results can be read; there is none in these places; train one.");
    }
    const TextTable table = table_.table();
    if (table_.has_figures()) {
      console_.out << screen_text(table, width_for(console_.out));
      if (!arguments_.quiet) console_.out << folders_text();
    } else {
      for (const std::string& problem : table.sentences) console_.err << problem << '\n';
    }
    return found.unread.empty() && table_.has_figures() ? kOk : static_cast<int>(kFailure);
  }

 private:
  static bool is_evaluation(const RunGroup& group) {
    return std::any_of(group.settings.begin(), group.settings.end(),
                       [](const auto& pair) { return pair.first == kEvaluatedWith; });
  }

  /// False where a signal has ended it. What cannot be evaluated is a cell of the table.
  bool evaluate_all(const FoundRun& found, const StopSignals& signals) {
    TrainedRun trained(found.file);
    if (!found.is_finished()) line_.message(path_text(found) + ": " + found.state + "; its parameters so far are used");
    for (const std::vector<SiteChange>& sites : plan_.variants) {
      const std::string name = written(sites);
      try {
        if (!evaluate_one(trained, sites, name, signals)) return false;
      } catch (const Error& error) {
        table_.add_problem(name, error.what());
      }
    }
    return true;
  }

  bool evaluate_one(TrainedRun& trained, const std::vector<SiteChange>& sites, const std::string& name,
                    const StopSignals& signals) {
    EvaluateRequest request;
    request.evaluations = evaluations_of(arguments_, plan_, trained.spec());
    request.sites = sites;
    request.command = command_of(arguments_, plan_, trained, sites);
    request.command_line = console_.command_line;
    const std::filesystem::path directory = directory_of(trained, request, name);
    const auto record = evaluate(trained, request, [&](const std::string& evaluation, double share) {
      Progress progress;
      progress.run = trained.label() + ", " + name;
      progress.phase = fmt::format("{} {:.0f} %", evaluation, 100 * share);
      progress.step = trained.step();
      line_.show(progress);
      return signals.number() == 0;
    });
    if (!record) return false;
    publish_evaluation(*record, directory, arguments_.restart ? Replace::kYes : Replace::kNo);
    folders_.push_back(directory);
    table_.add(name, *record, trained.summary());
    return true;
  }

  std::filesystem::path directory_of(const TrainedRun& trained, const EvaluateRequest& request,
                                     const std::string& name) const {
    std::string what = name;
    for (const std::string& task : plan_.tasks) what += ", " + task;
    if (!arguments_.split.empty()) what += ", " + arguments_.split;
    if (arguments_.rows > 0) what += fmt::format(", {} items", request.evaluations.front().rows);
    return std::filesystem::path(arguments_.output) / trained.request().experiment / trained.label() / folder_name(what);
  }

  std::string folders_text() const {
    if (folders_.size() == 1) return fmt::format("\nresults: {}\n", (folders_.front() / "results.h5").string());
    return fmt::format("\nresults of {} evaluations below {}; compare them with  fovea compare {}\n", folders_.size(),
                       arguments_.output, shell_word(arguments_.output));
  }

  const Arguments& arguments_;
  const Console& console_;
  Plan plan_;
  ProgressLine line_;
  EvaluatedTable table_;
  std::vector<std::filesystem::path> folders_;
};

int evaluate(const Arguments& arguments, const Console& console) {
  const StopSignals signals;  // before any thread
  cpu::set_threads(static_cast<int>(arguments.threads));
  load_plugins(arguments.plugins);
  return Evaluator(arguments, console, plan_of(arguments)).run(signals);
}

}  // namespace

const Command kEvaluate = {"evaluate", "evaluate trained runs on other data, or with another way of choosing",
                           "  fovea evaluate runs/sort_by_pointing/main \"sort_numbers(n=20)\" --rows 2000\n"
                           "  fovea evaluate runs/date_translation/main --site argmax\n"
                           "  fovea evaluate runs/sort_by_pointing/main --site \"decoder/*=dot | dense | argmax | none\"\n"
                           "  fovea evaluate runs/soft_vs_hard --sweep \"softmax; top_k(4); top_k(1); argmax; sparsemax\"\n",
                           run_with<Arguments, evaluate>};

}  // namespace fovea::cli
