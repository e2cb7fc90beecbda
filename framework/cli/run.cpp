#include <fmt/format.h>
#include <algorithm>
#include <optional>
#include <ostream>

#include "framework/cli/closing.h"
#include "framework/cli/command.h"
#include "framework/cli/comparison.h"
#include "framework/cli/last_look.h"
#include "framework/cli/next_steps.h"
#include "framework/cli/plugin_library.h"
#include "framework/cli/progress.h"
#include "framework/cli/resolve.h"
#include "framework/cli/screen.h"
#include "framework/cli/screen_table.h"
#include "framework/cli/train_all.h"
#include "framework/cli/wrapping.h"
#include "framework/core/registry.h"
#include "framework/core/text.h"
#include "framework/results/run_file.h"
#include "framework/results/summary.h"

namespace fovea::cli {
namespace {

struct Arguments {
  ExperimentArguments experiment;
  Extent seeds = 0;  // 0: one run with the seed of its settings
  Extent jobs = 1;
  Extent until = 0;  // 0: to the end
  std::string only;  // the run of this name; "": all
  std::string output = "runs";
  std::string into;                             // "": OUTPUT/EXPERIMENT
  std::string from, from_only, rename, freeze;  // the settings of these names
  bool restart = false;
  bool any_build = false;
  bool quiet = false;

  void fields(ArgumentList& list) {
    experiment.fields(list);
    list.option("--seeds", seeds, "train with this many seeds in turn, from the seed of the settings on, >= 1", {1, 100000});
    list.option("--jobs", jobs, "runs and seeds side by side, each in a process of its own, >= 0; 0: one per core",
                {0, 4096});
    list.option("--until", until, "stop after this step, >= 1; the same command without it goes on to the end", {1});
    list.option("--only", only, "train this run of the experiment, by its name");
    list.option("--output", output, "directory of all results, by default runs/");
    list.option("--into", into, "directory of the run itself, of several runs that of all; instead of --output");
    list.option("--from", from, "start from the parameters of a run, or of weights.safetensors; the same as from=");
    list.option("--from-only", from_only, "patterns of the paths that are taken from there, such as \"encoder/*\"");
    list.option("--rename", rename, "what paths begin with there and here, such as \"old/=new/\"");
    list.option("--freeze", freeze, "patterns of the paths of parameters that do not move");
    list.flag("--restart", restart, "start over where the same run already exists");
    list.flag("--any-build", any_build,
              "resume what another build of the program has begun; the file of results lists both");
    list.flag("--quiet", quiet, "print the closing table only, and write no report");
    add_plugins(list, experiment.plugins);
  }

  /// With the settings that have an option of their own.
  Arguments completed() const {
    Arguments all = *this;
    const auto add = [&](const char* name, const std::string& value) {
      if (!value.empty()) all.experiment.settings.push_back(std::string(name) + "=" + option_word(value));
    };
    add("from", from);
    add("from_only", from_only);
    add("rename", rename);
    add("freeze", freeze);
    return all;
  }
};

/// The last of many seeds may lie beyond the largest: that is said before the first one trains.
void check_seed(TrainSettings& settings) {
  Options options;
  settings.fields(options);
  options.set("seed", options.text("seed"));
}

/// Of many seeds, one may have been trained without --seeds, in a directory without it in its name: that run is used.
void use_finished(RunRequest& request, const std::filesystem::path& plain) {
  std::error_code none;
  if (request.existing == RunRequest::Existing::kRestart ||
      std::filesystem::exists(request.directory / kResultsName, none)) {
    return;
  }
  RunRequest other = request;
  other.directory = plain;
  if (holds_finished(other)) request.directory = plain;
}

// One request per run and seed, in the order in which they are trained.
std::vector<RunRequest> requests_of(const Arguments& arguments, const ResolvedExperiment& experiment,
                                    const std::string& command_line) {
  std::vector<RunRequest> requests;
  for (const RunSpec& run : experiment.runs) {
    for (Extent k = 0; k < std::max<Extent>(arguments.seeds, 1); ++k) {
      RunRequest request;
      request.experiment = experiment.name;
      request.run = run;
      request.run.train.seed += k;
      check_seed(request.run.train);
      request.options = experiment.options;
      const std::string seed = arguments.seeds > 0 ? fmt::format("-seed{}", request.run.train.seed) : "";
      const std::filesystem::path folder = arguments.into.empty() ? std::filesystem::path(arguments.output) / experiment.name
                                                                  : std::filesystem::path(arguments.into);
      const bool is_alone = !arguments.into.empty() && arguments.seeds == 0 && experiment.runs.size() == 1;
      request.directory = is_alone ? folder : folder / (run.name + seed);
      request.command_line = command_line;
      request.libraries = loaded_libraries();
      request.any_build = arguments.any_build;
      request.existing = arguments.restart ? RunRequest::Existing::kRestart : RunRequest::Existing::kResume;
      if (arguments.seeds > 0) use_finished(request, folder / run.name);
      requests.push_back(std::move(request));
    }
  }
  return requests;
}

std::vector<std::string> passed_flags(const Arguments& arguments) {
  std::vector<std::string> flags;
  if (arguments.restart) flags.emplace_back("--restart");
  if (arguments.any_build) flags.emplace_back("--any-build");
  return flags;
}

std::string question_of(const std::string& experiment, std::size_t width) {
  const PluginInfo* const info = Catalogue::instance().find(Experiment::kKind, experiment);
  return wrapped(info == nullptr ? experiment : first_line(info->doc), width, 0) + "\n";
}

/// What was found, as far as it can be read; the tables of figures need no file.
void read_results(std::vector<DoneRun>& done) {
  for (DoneRun& run : done) {
    try {
      add_results(run, read_summary(run.directory / kResultsName));
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
      // The commands that read it say what is wrong.
    }
  }
}

void print_closing(const ResolvedExperiment& experiment, const std::vector<DoneRun>& done, const Console& console) {
  const std::size_t width = width_for(console.out);
  console.out << '\n' << screen_text(closing_table(done), width) << '\n';
  for (const Comparison& comparison : experiment.published) {
    const std::optional<TextTable> table = published_table(comparison, done);
    if (table) console.out << screen_text(*table, width) << '\n';
  }
  const std::string choices = screen_text(choices_table(done), width);
  if (!choices.empty()) console.out << choices << '\n';
}

bool is_paused(const DoneRun& run) { return run.outcome.state == RunState::kStopped; }

ResolvedExperiment resolved(const Arguments& arguments) {
  ResolvedExperiment experiment = resolve(arguments.experiment);
  if (!arguments.only.empty()) experiment.runs = {RunSpec(find_run(experiment, arguments.only))};
  return experiment;
}

int run(const Arguments& given, const Console& console) {
  const StopSignals signals;  // before any thread
  const Arguments arguments = given.completed();
  const ResolvedExperiment experiment = resolved(arguments);
  const std::size_t width = width_for(console.out);
  ProgressLine line(console.out, arguments.quiet            ? ProgressLine::Style::kSilent
                                 : is_terminal(console.out) ? ProgressLine::Style::kTerminal
                                                            : ProgressLine::Style::kPlain);
  AtWork work{signals, console, line, arguments.until};
  std::vector<DoneRun> done;
  std::vector<RunRequest> requests = requests_of(arguments, experiment, console.command_line);
  console.out << question_of(experiment.name, width) << std::flush;
  const bool is_apart = arguments.jobs != 1 && requests.size() > 1;
  int code = is_apart ? train_apart(requests, {arguments.experiment, arguments.jobs, passed_flags(arguments)}, work)
                      : static_cast<int>(kOk);
  if (code == kOk) code = train_all(requests, work, done);
  if (code != kOk || std::any_of(done.begin(), done.end(), is_paused)) return code;
  read_results(done);
  print_closing(experiment, done, console);
  const AskedRun asked{shell_word(console.program), arguments.experiment, arguments.seeds, arguments.output};
  const std::filesystem::path folder = arguments.into.empty() ? folder_of(asked) : std::filesystem::path(arguments.into);
  if (!arguments.quiet) console.out << story_of(done, width);
  console.out << results_text(done);
  if (!arguments.quiet) console.out << report_of(folder, done) << std::flush;
  if (arguments.into.empty()) console.out << '\n' << next_steps(asked, done, width);
  return kOk;
}

}  // namespace

const Command kRun = {
    "run", "train and evaluate the runs of an experiment; resumes what was interrupted",
    "  fovea run sort_by_pointing\n  fovea run sort_by_pointing steps=200 learning_rate=3e-4\n"
    "  fovea run sort_by_pointing --seeds 5 --threads 4 --output /data/runs\n"
    "  fovea run babi_memn2n sample_rows=500     # items kept to look at, 64 by default\n"
    "  fovea run sort_by_pointing --from runs/sort_by_pointing/main --freeze \"encoder/*\" --output tuned\n"
    "  fovea run soft_vs_hard steps=300 --seeds 4 --jobs 2   # two runs side by side\n"
    "  fovea run sort_by_pointing --until 1000   # go on later: the same command without --until\n"
    "  fovea run my_experiment --plugin ./libmy_ideas.so\n",
    run_with<Arguments, run>};

}  // namespace fovea::cli
