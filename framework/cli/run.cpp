#include <fmt/format.h>
#include <algorithm>
#include <ostream>

#include "framework/cli/closing.h"
#include "framework/cli/command.h"
#include "framework/cli/comparison.h"
#include "framework/cli/log_file.h"
#include "framework/cli/plugin_library.h"
#include "framework/cli/process.h"
#include "framework/cli/progress.h"
#include "framework/cli/resolve.h"
#include "framework/cli/screen.h"
#include "framework/cli/signals.h"
#include "framework/cpu/parallel.h"

namespace fovea::cli {
namespace {

// One request per run and seed, in the order in which they are trained.
std::vector<RunRequest> requests_of(const Arguments& arguments, const ResolvedExperiment& experiment) {
  std::vector<RunRequest> requests;
  for (const RunSpec& run : experiment.runs) {
    for (Extent k = 0; k < std::max<Extent>(arguments.seeds, 1); ++k) {
      RunRequest request;
      request.experiment = experiment.name;
      request.run = run;
      request.run.train.seed += k;
      request.options = experiment.options;
      const std::string seed = arguments.seeds > 0 ? fmt::format("-seed{}", request.run.train.seed) : "";
      request.directory = arguments.output / experiment.name / (run.name + seed);
      request.command_line = arguments.command_line;
      request.existing = arguments.restart ? RunRequest::Existing::kRestart : RunRequest::Existing::kResume;
      requests.push_back(std::move(request));
    }
  }
  return requests;
}

RunOutcome train(const RunRequest& request, const StopSignals& signals, ProgressLine& line) {
  LogFile log(request.directory);
  TrainerHooks hooks;
  const std::string label = request.directory.filename().string();
  hooks.progress = [&](const Progress& progress) {
    Progress shown = progress;
    shown.run = label;
    line.show(shown);
  };
  hooks.message = [&](const std::string& text) {
    log.write(text);
    line.message(label + ": " + text);
  };
  hooks.stop_signal = signals.flag();
  try {
    return train_run(request, hooks);
  } catch (const Error& error) {
    line.finish();
    const bool has_place = error.where().find(request.directory.string()) != std::string::npos;
    throw has_place ? error : error.at(label);
  }
}

std::string stopped_text(const DoneRun& run, int signal) {
  return fmt::format("stopped by {} at step {}; {} holds the run so far, and the same command resumes it.\n",
                     signal == SIGTERM ? "SIGTERM" : "SIGINT", run.outcome.steps, run.directory.string());
}

}  // namespace

int run(const Arguments& arguments, Streams streams) {
  const StopSignals signals;  // before any thread
  cpu::set_threads(arguments.threads);
  load_plugins(arguments.plugins);
  const ResolvedExperiment experiment = resolve(arguments.name, arguments.settings);
  ProgressLine line(streams.out, arguments.quiet            ? ProgressLine::Style::kSilent
                                 : is_terminal(streams.out) ? ProgressLine::Style::kTerminal
                                                            : ProgressLine::Style::kPlain);
  const std::vector<RunRequest> requests = requests_of(arguments, experiment);
  std::vector<DoneRun> done;
  for (const RunRequest& request : requests) {
    done.push_back({request.run.name, request.run.train.seed, request.directory, train(request, signals, line)});
    const DoneRun& last = done.back();
    if (last.outcome.state == RunState::kAlreadyFinished) {
      line.message(last.directory.string() + ": finished before; it is left as it is (--restart trains anew).");
    }
    // A signal may also come between two runs.
    const bool is_cut = signals.number() != 0 && done.size() < requests.size();
    if (last.outcome.state == RunState::kStopped || is_cut) {
      line.finish();
      streams.err << stopped_text(last, signals.number());
      return 128 + (signals.number() == 0 ? SIGINT : signals.number());
    }
  }
  line.finish();
  std::string named = experiment.name;  // as a command needs it
  for (const std::string& plugin : arguments.plugins) named += " --plugin " + shell_quote(plugin);
  streams.out << '\n' << closing_table(done) << '\n';
  for (const Comparison& comparison : experiment.published) {
    const std::string text = comparison_text(comparison, done);
    if (!text.empty()) streams.out << text << '\n';
  }
  streams.out << closing_notes(arguments.program, named, done);
  return kOk;
}

}  // namespace fovea::cli
