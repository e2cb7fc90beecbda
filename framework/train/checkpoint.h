#pragma once

#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "framework/results/record.h"
#include "framework/train/training.h"

namespace fovea {

/// Where a run stands: everything that the steps to come depend on, and where its journal ended.
///
/// File      run directory/checkpoint: the XXH3-128 hash of the rest, then a flat layout of counted texts and blocks.
struct Checkpoint {
  TextPairs config;                 // the resolved configuration; another one cannot be resumed
  TextPairs inputs;                 // the hashes of the files that the run has read, likewise
  std::vector<std::string> builds;  // of the program, in the order in which they worked on the run
  Extent step = 0;                  // steps done
  Extent evaluated_at = -1;         // the step of the last evaluation on the validation split
  // The best main metric, its step, the evaluations since; with patience or keep=best the parameters it was measured with.
  double best_metric = -std::numeric_limits<double>::infinity();
  Extent best_step = 0;
  Extent evaluations_without_gain = 0;
  std::vector<Real> best;
  std::vector<std::vector<double>> best_states;  // of the annealings, at that evaluation
  bool is_trained = false;   // no step is left: the last step is done, or patience is used up; `best` is put back
  bool is_finished = false;  // published with its final evaluations
  std::uint64_t journal_offset = 0;
  double seconds = 0;        // worked so far
  double train_seconds = 0;  // of these, in training steps
  Extent resumes = 0;
  std::string start;  // ISO 8601
  std::map<std::string, Counters> counters;
  std::map<std::string, Counters> evaluated_counters;  // as they were at the last evaluation on the validation split
  std::vector<std::vector<Real>> blocks;               // parameters, then the state of the optimizer
  std::vector<std::vector<double>> states;             // of the schedule, the estimators, the annealings, the average

  /// The step that the parameters come from: that of the best metric once they are put back.
  Extent parameter_step() const { return is_trained && !best.empty() ? best_step : step; }
  /// False before the first step: nothing is lost with it.
  bool has_work() const { return step > 0 || is_trained || is_finished; }
  /// Copies the state of a training in, or out.
  void take(Training& training);
  void restore(Training& training) const;

  void write(const std::filesystem::path& directory) const;
  /// Nothing where there is none. Errors: a damaged file.
  static std::optional<Checkpoint> read(const std::filesystem::path& directory);
};

inline constexpr const char* kCheckpointName = "checkpoint";

}  // namespace fovea
