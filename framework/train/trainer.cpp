#include "framework/train/trainer.h"

#include "framework/core/error.h"
#include "framework/results/run_file.h"
#include "framework/results/run_lock.h"
#include "framework/results/summary.h"
#include "framework/results/verify.h"
#include "framework/train/checkpoint.h"
#include "framework/train/run_session.h"

namespace fovea {

namespace {

void make_directory(const std::filesystem::path& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (!failure) return;
  throw Error(directory.string(),
              "expected to make a directory for the run; " + failure.message() + "; choose another --output.");
}

/// The checkpoint goes last: until then the directory still says what it holds.
void remove_results(const std::filesystem::path& directory) {
  for (const char* name : {kResultsName, kResultsHashName, kJournalName, kCheckpointName}) {
    std::error_code failure;
    std::filesystem::remove(directory / name, failure);
    if (failure)
      throw Error((directory / name).string(), "expected to remove the file; " + failure.message() + "; remove it by hand.");
  }
}

void check_is_ours(const std::filesystem::path& directory, const std::optional<Checkpoint>& checkpoint,
                   const RunConfig& config) {
  if (!checkpoint) {
    if (!std::filesystem::exists(directory / kResultsName)) return;
    throw Error(directory.string(),
                "a run to resume or an empty directory was expected; it has results but no checkpoint; "
                "start over with --restart, or use another --output.");
  }
  const std::string different = differences(checkpoint->config, config.pairs);
  if (different.empty()) return;
  throw Error(directory.string(), "the same configuration as that of the run in this directory was expected; " + different +
                                      "; start over with --restart, or use another --output.");
}

std::optional<RunOutcome> already_finished(const std::filesystem::path& directory,
                                           const std::optional<Checkpoint>& checkpoint) {
  const std::filesystem::path results = directory / kResultsName;
  if (!checkpoint || !checkpoint->is_finished || !verify(results).passed()) return std::nullopt;
  RunOutcome outcome;
  outcome.state = RunState::kAlreadyFinished;
  outcome.steps = checkpoint->step;
  outcome.train_seconds = checkpoint->train_seconds;
  const RunSummary summary = read_summary(results);
  outcome.final_metrics = final_metrics(summary.evaluation);
  outcome.train_cost = train_cost(summary.train);
  return outcome;
}

}  // namespace

RunOutcome train_run(const RunRequest& request, const TrainerHooks& hooks) {
  Training training(request.run);
  check_settings(request.run, training);
  const RunConfig config = config_of(request, training);
  make_directory(request.directory);
  const RunLock lock(request.directory);
  if (request.existing == RunRequest::Existing::kRestart) remove_results(request.directory);
  const std::optional<Checkpoint> checkpoint = Checkpoint::read(request.directory);
  check_is_ours(request.directory, checkpoint, config);
  if (const auto outcome = already_finished(request.directory, checkpoint)) return *outcome;
  if (!checkpoint) remove_results(request.directory);  // a journal that a kill left before the first checkpoint
  RunSession session(request, hooks, config, training);
  return session.run(checkpoint);
}

}  // namespace fovea
