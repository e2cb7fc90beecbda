#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "framework/results/journal.h"
#include "framework/results/record.h"
#include "framework/train/checkpoint.h"
#include "framework/train/evaluation.h"
#include "framework/train/run_config.h"

namespace fovea {

/// The journal and results.h5 of a run. Whatever is read from it depends on the rows and on the state of the training
/// only, never on how often it was published.
class Recorder {
 public:
  Recorder(const RunRequest& request, const RunConfig& config, Training& training);

  /// Starts a journal, or takes up the one that a checkpoint belongs to.
  void begin();
  void resume(const Checkpoint& checkpoint);

  void train_row(Extent step, const StepReport& report);
  void evaluation_row(Extent step, const std::string& split, std::vector<JournalValue> values);
  /// What a site chose at an evaluation on the validation split, what it has cost until then, and of that since the
  /// evaluation before.
  void site_row(Extent step, const SiteHealth& site, const Counters& counters, const Counters& since);
  void state_row(Extent step, const std::string& state);
  void message_row(Extent step, const std::string& text);

  /// Seconds worked on this run, over all of its resumes.
  double seconds() const;
  /// The end of the journal, safe on the disk: what a checkpoint stores.
  std::uint64_t flush();

  /// Makes the file that `publish` would write, with one item of each evaluation and its metrics, and drops it.
  /// Errors    whatever a file cannot hold, such as the name of a metric.
  void try_out(const std::vector<Evaluation*>& evaluations);

  /// Publishes results.h5 with the first items of these evaluations; selections are those of the first one.
  void publish(const Checkpoint& progress, const std::vector<Evaluation*>& samples);
  /// False where publishing once more would take more than a hundredth of the time so far.
  bool may_publish() const { return publishing_ <= 0.01 * seconds(); }

  const RunRecord& record() const { return record_; }

 private:
  void append(const JournalRow& row);
  void add_sites(const std::map<std::string, Counters>& counters, Extent steps);
  void add_parameters(Extent step);

  using Clock = std::chrono::steady_clock;
  const RunRequest& request_;
  const RunConfig& config_;
  Training& training_;
  RunRecord record_;
  std::optional<Journal> journal_;
  JournalRow train_row_;  // kept: its texts are made once
  Clock::time_point began_ = Clock::now();
  double seconds_before_ = 0;
  double publishing_ = 0;  // seconds spent in publish
};

inline constexpr const char* kJournalName = "journal";

/// What a file says of the model, and its parameters with their paths and axes.
GraphRecord graph_record(Training& training);
std::vector<Array> parameter_arrays(ParameterStore& parameters);

/// The last figures of each split, those of the validation split only where there are no others.
std::vector<FinalMetric> final_metrics(const std::vector<EvaluationTable>& tables);

/// The mean of the column "loss" over the rows of the last tenth of the steps, which shows how well the training data is
/// learned; NaN without rows.
double train_cost(const TrainTable& table);

}  // namespace fovea
