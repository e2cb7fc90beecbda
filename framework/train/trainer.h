#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "framework/experiment.h"
#include "framework/files/input.h"
#include "framework/task.h"

namespace fovea {

/// What the trainer reports as it works; the command line draws its progress line from it. Called on the thread of train().
struct Progress {
  std::string run;
  std::string phase;  // "train", "validate", "test", "evaluate N=100"
  Extent step = 0;
  Extent steps = 0;
  double loss = 0;
  std::vector<std::pair<std::string, double>> metrics;
  double sequences_per_second = 0;
  double seconds_left = 0;
};

struct TrainerHooks {
  std::function<void(const Progress&)> progress;
  std::function<void(const std::string&)> message;  // one line for the log: resumed, evaluation, warning
  const std::atomic<int>* stop_signal = nullptr;    // non-zero: finish the step, checkpoint, publish, return kStopped
  Extent until = 0;  // after this step the same, as for a signal; what follows from `steps` does not change; 0: the end
};

/// What is the same for a run wherever it is stored.
struct RunRequest {
  std::string experiment;
  RunSpec run;
  std::vector<std::pair<std::string, std::string>> options;  // resolved options of the experiment, for /config
  std::filesystem::path directory;                           // of this run; made where missing
  std::string command_line;                                  // literal, goes to /clock
  std::vector<InputFile> libraries;                          // of the plugins that are loaded
  bool any_build = false;                                    // resume what another build of the program has begun
  enum class Existing : std::uint8_t { kResume, kRestart } existing = Existing::kResume;
};

enum class RunState : std::uint8_t { kFinished, kStopped, kAlreadyFinished };

/// A figure of the closing table.
struct FinalMetric {
  std::string split;  // "test", "N=100"
  std::string metric;
  std::string slice;  // empty: all rows
  double value = 0;
};

struct RunOutcome {
  RunState state = RunState::kFinished;
  Extent steps = 0;
  double train_seconds = 0;
  std::vector<FinalMetric> final_metrics;
  std::string note;       // what its user should know, such as that another build has made the results; may be empty
  double train_cost = 0;  // the mean loss of the rows of /train in the last tenth of the steps; NaN where there is none
};

/// Trains, evaluates and publishes one run; resumes where the same command was interrupted.
///
/// Errors    Error for everything its user can fix; a NaN or Inf stops the run with the first node, step and item.
RunOutcome train_run(const RunRequest& request, const TrainerHooks& hooks);

/// True where the directory of the request holds its very run, finished: of the same configuration and inputs. Another run,
/// or a damaged one, is none.
bool holds_finished(const RunRequest& request);

/// What `fovea check` reports of one run; computed without touching any directory.
struct CheckReport {
  std::string plan;            // one line a step
  std::size_t parameters = 0;  // count
  std::size_t parameter_bytes = 0;
  std::size_t arena_bytes = 0;
  std::size_t unshared_bytes = 0;
  double multiply_adds = 0;          // forward, one batch
  std::vector<double> losses;        // of two steps
  std::vector<std::string> unmoved;  // paths of the parameters that these steps left as they were
  double gradient_error = 0;  // largest relative error over parameters, by differences of the cost; float64 program only
  std::string worst_parameter;
  bool gradient_checked = false;
  std::string gradient_note;  // why not checked, or which estimator makes it inexact
};
CheckReport check_run(const RunSpec& run);

}  // namespace fovea
