#include "framework/trained/evaluate.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <ostream>
#include <system_error>

#include "framework/cli/command.h"
#include "framework/cli/evaluate_request.h"
#include "framework/cli/evaluated_table.h"
#include "framework/cli/plugin_library.h"
#include "framework/cli/progress.h"
#include "framework/cli/screen.h"
#include "framework/cli/screen_table.h"
#include "framework/cli/signals.h"
#include "framework/cli/wrapping.h"
#include "framework/core/text.h"
#include "framework/cpu/parallel.h"
#include "framework/runs/listing.h"
#include "framework/trained/fit_checks.h"

namespace fovea::cli {
namespace {

/// The evaluations of all runs, one after the other.
class Evaluator {
 public:
  Evaluator(const EvaluateArguments& arguments, const Console& console, EvaluatePlan plan)
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
      throw Error(
          "fovea evaluate",
          "expected a run whose results can be read; there is none in these places, other than evaluations; train one.");
    }
    const TextTable table = table_.table();
    if (table_.has_figures()) {
      console_.out << screen_text(table, width_for(console_.out));
      if (!arguments_.quiet) console_.out << folders_text();
    } else {
      for (const std::string& problem : table.sentences) console_.err << problem << '\n';
    }
    return found.unread.empty() && !table_.has_problems() ? kOk : static_cast<int>(kFailure);
  }

 private:
  static bool is_evaluation(const RunGroup& group) {
    return std::any_of(group.settings.begin(), group.settings.end(),
                       [](const auto& pair) { return pair.first == kEvaluatedWith; });
  }

  /// False where a signal has ended it. What cannot be evaluated is a cell of the table.
  bool evaluate_all(const FoundRun& found, const StopSignals& signals) {
    table_.begin_seed(static_cast<Extent>(found.seed));
    try {
      TrainedRun trained(found.file, loaded_libraries());
      for (const std::string& note : trained.notes()) {
        line_.finish();
        console_.err << path_text(found) << ": " << note << '\n';
      }
      for (const std::vector<SiteChange>& sites : plan_.variants) {
        const std::string name = written(sites);
        try {
          if (!evaluate_one(trained, sites, name, signals)) return false;
        } catch (const Error& error) {
          table_.add_problem(name, error.what());
        }
      }
    } catch (const Error& error) {
      for (const std::vector<SiteChange>& sites : plan_.variants) table_.add_problem(written(sites), error.what());
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
    const Replace replace = arguments_.restart ? Replace::kYes : Replace::kNo;
    const std::filesystem::path directory = directory_of(trained, request, name);
    expect_place(directory, trained.hash(), replace);
    const auto record = evaluate(trained, request, [&](const std::string& evaluation, double share) {
      Progress progress;
      progress.run = trained.label() + ", " + name;
      progress.phase = fmt::format("{} {:.0f} %", evaluation, 100 * share);
      progress.step = trained.step();
      line_.show(progress);
      return signals.number() == 0;
    });
    if (!record) return false;
    publish_evaluation(*record, directory, replace);
    folders_.push_back(directory);
    table_.add(name, *record, own_figures(trained, request.evaluations));
    return true;
  }

  /// What the run found itself at those of these evaluations that it ended with.
  static std::map<std::string, double> own_figures(const TrainedRun& trained,
                                                   const std::vector<Evaluation::Config>& evaluations) {
    std::map<std::string, double> figures;
    for (const Evaluation::Config& own : final_evaluations(trained.spec())) {
      const auto same = [&](const Evaluation::Config& one) {
        return one.name == own.name && one.task == own.task && one.split == own.split && one.rows == own.rows;
      };
      if (std::none_of(evaluations.begin(), evaluations.end(), same)) continue;
      const MetricChoice choice = resolved_figure(trained.summary(), own.name);
      if (const auto value = last_value(trained.summary(), choice)) figures[own.name] = *value;
    }
    return figures;
  }

  static MetricChoice resolved_figure(const RunSummary& summary, const std::string& split) {
    for (const EvaluationTable& table : summary.evaluation) {
      if (table.split == split && !table.columns.empty()) return {split, table.columns.front().name, ""};
    }
    return {split, "", ""};
  }

  /// Its own for each run of the command, also where two runs have folders of one name.
  std::filesystem::path directory_of(const TrainedRun& trained, const EvaluateRequest& request, const std::string& name) {
    constexpr std::size_t kDigits = 8;
    std::string what = name;
    for (const std::string& task : plan_.tasks) what += ", " + task;
    if (!arguments_.split.empty()) what += ", " + arguments_.split;
    if (arguments_.rows > 0) what += fmt::format(", {} items", request.evaluations.front().rows);
    if (std::string(kPrecision) != "float32") what += fmt::format(", {}", kPrecision);
    const auto base = std::filesystem::path(arguments_.output) / trained.request().experiment;
    const auto [owner, is_new] = owners_.emplace(trained.label(), trained.file());
    const std::string clash = owner->second == trained.file() ? "" : "-" + trained.hash().substr(0, kDigits);
    return base / (trained.label() + clash) / folder_name(what);
  }

  std::string folders_text() const {
    if (folders_.size() == 1) return fmt::format("\nresults: {}\n", (folders_.front() / "results.h5").string());
    return fmt::format("\nresults of {} evaluations below {}; list them with  fovea ls {}\n", folders_.size(),
                       arguments_.output, shell_word(arguments_.output));
  }

  const EvaluateArguments& arguments_;
  const Console& console_;
  EvaluatePlan plan_;
  ProgressLine line_;
  EvaluatedTable table_;
  std::vector<std::filesystem::path> folders_;
  std::map<std::string, std::filesystem::path> owners_;  // of the labels of this command
};

int evaluate(const EvaluateArguments& arguments, const Console& console) {
  const StopSignals signals;  // before any thread
  cpu::set_threads(static_cast<int>(arguments.threads));
  load_plugins(arguments.plugins);
  return Evaluator(arguments, console, plan_of(arguments)).run(signals);
}

}  // namespace

const Command kEvaluate = {
    "evaluate", "evaluate trained runs on other data, or with another way of choosing",
    "  fovea evaluate runs/sort_by_pointing/main \"sort_numbers(n=20)\" --rows 2000\n"
    "  fovea evaluate runs/date_translation/main --site argmax\n"
    "  fovea evaluate runs/sort_by_pointing/main --site \"decoder/*=bilinear(temperature=0.5) | dense | argmax | none\"\n"
    "  fovea evaluate runs/soft_vs_hard --sweep \"softmax; top_k(4); top_k(1); argmax; sparsemax\"\n",
    run_with<EvaluateArguments, evaluate>};

}  // namespace fovea::cli
