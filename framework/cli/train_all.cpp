#include "framework/cli/train_all.h"

#include <fmt/format.h>
#include <ostream>

#include "framework/cli/log_file.h"
#include "framework/cli/screen.h"
#include "framework/cli/side_by_side.h"

namespace fovea::cli {
namespace {

RunOutcome train(const RunRequest& request, const AtWork& work) {
  LogFile log(request.directory);
  TrainerHooks hooks;
  const std::string label = request.directory.filename().string();
  hooks.progress = [&](const Progress& progress) {
    Progress shown = progress;
    shown.run = label;
    work.line.show(shown);
  };
  hooks.message = [&](const std::string& text) {
    log.write(text);
    work.line.message(label + ": " + text);
  };
  hooks.stop_signal = work.signals.flag();
  hooks.until = work.until;
  try {
    return train_run(request, hooks);
  } catch (...) {
    const Error error = caught_error("run '" + request.run.name + "'");
    work.line.finish();
    const bool has_place = error.where().find(request.directory.string()) != std::string::npos;
    throw has_place ? error : error.at(label);
  }
}

std::string stopped_text(const DoneRun& run, int signal) {
  return fmt::format("stopped by {} at step {}; {} holds the run so far, and the same command resumes it.\n",
                     signal_name(signal), run.outcome.steps, run.directory.string());
}

/// Said under --quiet too: the figures are those of an earlier command.
std::string finished_text(const DoneRun& run) {
  const std::string& note = run.outcome.note;
  return fmt::format("{}: finished before{}; it is left unchanged (--restart trains it again).\n", run.directory.string(),
                     note.empty() ? "" : ", " + note);
}

std::string paused_text(const DoneRun& run) {
  return fmt::format(
      "stopped at step {}, as --until says; {} holds the run so far, and the same command without --until "
      "goes on to the end.\n",
      run.outcome.steps, run.directory.string());
}

}  // namespace

int train_all(const std::vector<RunRequest>& requests, AtWork& work, std::vector<DoneRun>& done) {
  const Console& console = work.console;
  for (const RunRequest& request : requests) {
    done.push_back({request.run.name, request.run.train.seed, request.directory, train(request, work)});
    const DoneRun& last = done.back();
    if (last.outcome.state == RunState::kAlreadyFinished && work.just_trained.count(last.directory) == 0) {
      work.line.finish();
      console.out << finished_text(last);
    }
    // A signal may also come between two runs.
    const bool is_cut = work.signals.number() != 0 && done.size() < requests.size();
    const bool is_stopped = last.outcome.state == RunState::kStopped;
    if (is_cut || (is_stopped && (work.until == 0 || work.signals.number() != 0))) {
      work.line.finish();
      console.err << stopped_text(last, work.signals.number());
      return 128 + (work.signals.number() == 0 ? SIGINT : work.signals.number());
    }
    if (is_stopped) {
      work.line.finish();
      console.out << paused_text(last);
    }
  }
  work.line.finish();
  return kOk;
}

int train_apart(std::vector<RunRequest>& requests, const Apart& apart, AtWork& work) {
  const Shares shares = shares_of(apart.jobs, apart.experiment.threads, requests.size());
  std::vector<Job> jobs;
  for (RunRequest& request : requests) {
    const ChildRun child{request.directory.filename().string(),
                         request.directory,
                         request.run.name,
                         without_seed(apart.experiment.settings),
                         request.run.train.seed,
                         work.until,
                         apart.flags,
                         {request.directory}};
    jobs.push_back(job_of(child, apart.experiment, shares.threads));
    const bool is_again = request.existing == RunRequest::Existing::kRestart;
    if (is_again || !holds_finished(request)) work.just_trained.insert(request.directory);
    request.existing = RunRequest::Existing::kResume;
  }
  int code = kOk;
  PoolHooks hooks;
  hooks.ended = [&](const Job& job, const JobEnd& end) {
    if (end.kind == JobEnd::Kind::kFailed) {
      code = kFailure;
      work.console.err << fmt::format("{}: failed: {}\n", job.label, reason_of(end)) << std::flush;
    } else if (end.kind == JobEnd::Kind::kDone) {
      work.line.message(fmt::format("{}: done, {}", job.label, duration_text(end.seconds)));
    }
  };
  const Extent left = run_jobs(jobs, {shares.jobs, false, work.signals.flag(), work.console.program}, hooks);
  if (code != kOk || (left == 0 && work.signals.number() == 0)) return code;
  work.console.err << fmt::format("stopped by {}; the same command goes on.\n", signal_name(work.signals.number()));
  return 128 + (work.signals.number() == 0 ? SIGTERM : work.signals.number());
}

}  // namespace fovea::cli
