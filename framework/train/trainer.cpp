#include "framework/train/trainer.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/files/posix_file.h"
#include "framework/results/run_file.h"
#include "framework/results/run_lock.h"
#include "framework/results/summary.h"
#include "framework/results/verify.h"
#include "framework/train/checkpoint.h"
#include "framework/train/run_session.h"

namespace fovea {

namespace {

/// The checkpoint goes last: until then the directory still says what it holds.
void remove_results(const std::filesystem::path& directory) {
  for (const char* name : {kResultsName, kResultsHashName, kJournalName, kCheckpointName}) remove_file(directory / name);
}

/// A link in the place of a file could not be replaced when the results are published, at the end.
void expect_own_files(const std::filesystem::path& directory) {
  for (const char* name : {kResultsName, kResultsHashName, kJournalName, kCheckpointName})
    expect_replaceable(directory / name);
}

constexpr const char* kOther = "; start over with --restart, or use another --output.";

/// Refuses a directory whose run is another one: of another configuration, or of other inputs.
void check_is_ours(const std::filesystem::path& directory, const Checkpoint& checkpoint, const RunConfig& config) {
  if (const std::string different = differences(checkpoint.config, config.pairs); !different.empty()) {
    throw Error(directory.string(),
                "the same configuration as that of the run in this directory was expected; " + different + kOther);
  }
  if (const std::string different = differences(checkpoint.inputs, config.inputs); !different.empty()) {
    throw Error(
        directory.string(),
        "the same inputs as those of the run in this directory were expected, by their hashes; " + different + kOther);
  }
}

void check_build(const std::filesystem::path& directory, const Checkpoint& checkpoint, const RunRequest& request,
                 const RunConfig& config) {
  if (checkpoint.builds.back() == config.build || request.any_build) return;
  throw Error(directory.string(), "the build of the program that has begun this run was expected, " +
                                      checkpoint.builds.back() + "; this one is " + config.build +
                                      "; go on all the same with --any-build, which is recorded" + kOther);
}

std::optional<RunOutcome> already_finished(const std::filesystem::path& directory, const Checkpoint& checkpoint,
                                           const RunConfig& config) {
  const std::filesystem::path results = directory / kResultsName;
  if (!checkpoint.is_finished || !verify(results).passed()) return std::nullopt;
  const RunSummary summary = read_summary(results);
  const std::pair<std::string, std::string> finished{"state", "finished"};
  const auto& attributes = summary.attributes;
  if (std::find(attributes.begin(), attributes.end(), finished) == attributes.end()) return std::nullopt;
  RunOutcome outcome;
  outcome.state = RunState::kAlreadyFinished;
  outcome.steps = checkpoint.step;
  outcome.train_seconds = checkpoint.train_seconds;
  outcome.final_metrics = final_metrics(summary.evaluation);
  outcome.train_cost = train_cost(summary.train);
  if (checkpoint.builds.back() != config.build) {
    outcome.note = "by another build of the program, " + checkpoint.builds.back() + " (this one is " + config.build + ")";
  }
  return outcome;
}

bool is_same_run(const Checkpoint& checkpoint, const RunConfig& config) {
  return differences(checkpoint.config, config.pairs).empty() && differences(checkpoint.inputs, config.inputs).empty();
}

/// Steps that no checkpoint has: of a run that was killed before it wrote its second one.
bool has_steps(const std::filesystem::path& directory) {
  try {
    const std::vector<JournalRow> rows = read_journal(directory / kJournalName);
    return std::any_of(rows.begin(), rows.end(), [](const JournalRow& row) { return row.step > 0; });
  } catch (const Error&) {
    return false;
  }
}

std::string value_of(const TextPairs& pairs, const std::string& name) {
  for (const auto& [key, text] : pairs) {
    if (key == name) return text;
  }
  return "";
}

/// What follows the number of steps of a run: a schedule, an annealed number or a mean; empty: nothing.
std::string follows_steps(Training& training, Extent done, Extent before, Extent after) {
  const auto differs = [&](const auto& value) {
    constexpr Extent kMost = 1000;
    for (Extent step = 0; step <= done; step += std::max<Extent>(1, done / kMost)) {
      if (value(step, before) != value(step, after)) return true;
    }
    return false;
  };
  const AnnealedProduct& schedule = training.schedule();
  if (differs([&](Extent step, Extent steps) { return schedule.value(step, steps); }))
    return "the schedule " + schedule.text();
  for (const AnnealedSlot& slot : training.graph().annealed()) {
    const Annealing& annealing = slot.number->annealing();
    if (differs([&](Extent step, Extent steps) { return annealing.value(step, steps); }))
      return slot.path + ", " + slot.number->text();
  }
  return training.run().train.average.starts_with("swa") ? "average=" + training.run().train.average : "";
}

/// A run that has ended is the same run with more steps, where nothing else differs: it goes on from its last step.
void take_more_steps(const std::filesystem::path& directory, Checkpoint& checkpoint, const RunConfig& config,
                     Training& training) {
  TextPairs there = checkpoint.config;
  const std::string before = value_of(there, "steps");
  const Extent steps = training.run().train.steps;
  for (auto& [key, text] : there) {
    if (key == "steps") text = std::to_string(steps);
  }
  if (before.empty() || before == std::to_string(steps) || steps < checkpoint.step || there != config.pairs) return;
  const auto refuse = [&](const std::string& fact) {
    throw Error(directory.string(), "a run that can go on to step " + std::to_string(steps) + " was expected; " + fact +
                                        "; begin another run with from=" + directory.string() + kOther);
  };
  if (checkpoint.is_trained && !checkpoint.best.empty() && checkpoint.best_step != checkpoint.step) {
    refuse("it ended with the parameters of its best evaluation, at step " + std::to_string(checkpoint.best_step));
  }
  if (const std::string what = follows_steps(training, checkpoint.step, std::stoll(before), steps); !what.empty()) {
    refuse("what it has done would be another with that many steps from the start, because of " + what);
  }
  checkpoint.config = config.pairs;
  checkpoint.is_trained = false;
  checkpoint.is_finished = false;
}

/// The checkpoint to go on from, where there is one.
std::optional<Checkpoint> standing_checkpoint(const RunRequest& request, const RunConfig& config, Training& training) {
  if (request.existing == RunRequest::Existing::kRestart) return std::nullopt;
  std::optional<Checkpoint> checkpoint = Checkpoint::read(request.directory);
  std::error_code failure;
  if (!checkpoint && std::filesystem::exists(request.directory / kResultsName, failure)) {
    throw Error(
        request.directory.string(),
        std::string("a run to resume or an empty directory was expected; it has results but no checkpoint") + kOther);
  }
  // A run that stopped or failed before its first step is in nobody's way.
  if (checkpoint && !checkpoint->has_work() && !has_steps(request.directory)) checkpoint.reset();
  if (checkpoint) take_more_steps(request.directory, *checkpoint, config, training);
  if (checkpoint) check_is_ours(request.directory, *checkpoint, config);
  return checkpoint;
}

}  // namespace

RunOutcome train_run(const RunRequest& request, const TrainerHooks& hooks) {
  const InputLog files;
  Training training(request.run);
  check_settings(request.run, training);
  const RunConfig config = config_of(request, training, files);
  make_directories(request.directory);
  const RunLock lock(request.directory);
  const std::optional<Checkpoint> checkpoint = standing_checkpoint(request, config, training);
  if (checkpoint) {
    if (const auto outcome = already_finished(request.directory, *checkpoint, config)) return *outcome;
    check_build(request.directory, *checkpoint, request, config);
    expect_own_files(request.directory);
  }
  RunSession session(request, hooks, config, training);
  if (!checkpoint) {
    session.try_out();
    remove_results(request.directory);  // of a run to start over, or what a kill left before the first checkpoint
  }
  return session.run(checkpoint);
}

bool holds_finished(const RunRequest& request) {
  try {
    const std::optional<Checkpoint> checkpoint = Checkpoint::read(request.directory);
    const std::pair<std::string, std::string> seed{"seed", std::to_string(request.run.train.seed)};
    if (!checkpoint || std::find(checkpoint->config.begin(), checkpoint->config.end(), seed) == checkpoint->config.end()) {
      return false;  // before a model is built
    }
    const InputLog files;
    const Training training(request.run);
    const RunConfig config = config_of(request, training, files);
    return is_same_run(*checkpoint, config) && already_finished(request.directory, *checkpoint, config).has_value();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace fovea
