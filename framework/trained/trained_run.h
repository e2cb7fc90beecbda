#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "framework/results/summary.h"
#include "framework/train/run_config.h"
#include "framework/train/trainer.h"
#include "framework/train/training.h"

namespace fovea {

/// A run that was trained, as its results file keeps it: experiment and settings, model, parameters, and the numbers that
/// were annealed as they were with these parameters.
///
/// Errors    a file that cannot be read, or that holds an evaluation instead of a run; an experiment that is unknown here
///           (load the plugins of the run first), or whose settings, sites or parameters are others than the file says.
class TrainedRun {
 public:
  /// `path`: the folder of a run, or its results file; `libraries`: of the plugins that are loaded.
  explicit TrainedRun(const std::filesystem::path& path, std::vector<InputFile> libraries = {});

  const std::filesystem::path& file() const { return file_; }
  const std::string& hash() const { return hash_; }  // XXH3-128 of the file
  /// The name of its folder: "main", "main-seed2".
  std::string label() const;
  const RunSummary& summary() const { return summary_; }

  const RunRequest& request() const { return request_; }
  const RunSpec& spec() const { return request_.run; }
  const RunConfig& config() const { return config_; }
  /// The step of training that the parameters come from.
  Extent step() const { return step_; }
  /// What whoever uses it should know: that it is not finished, or was trained in another precision; each one sentence.
  std::vector<std::string> notes() const;
  Training& training() { return *training_; }
  ParameterStore& parameters() { return training_->parameters(); }

 private:
  void load();
  void check_config() const;

  std::filesystem::path file_;
  std::string hash_;
  RunSummary summary_;
  RunRequest request_;
  std::unique_ptr<Training> training_;
  RunConfig config_;
  Extent step_ = 0;
};

/// The text of a name, "" where there is none.
std::string text_of_pair(const TextPairs& pairs, const std::string& name);

/// What `fovea evaluate` writes into the configuration of its results, beside that of the run that was evaluated.
inline constexpr const char* kEvaluatedWith = "evaluated_with";

}  // namespace fovea
