#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "framework/train/checkpoint.h"
#include "framework/train/evaluation.h"
#include "framework/train/recorder.h"

namespace fovea {

/// One process's work on a run: steps, evaluations, checkpoints, publications, until it is finished, stopped or failed.
///
/// What is done at which step depends on the configuration only; when checkpoints and publications are made may depend on
/// time, since neither changes what comes after.
class RunSession {
 public:
  RunSession(const RunRequest& request, const TrainerHooks& hooks, const RunConfig& config, Training& training);

  /// One item through every evaluation and a publication that is not written, so that a model or task that cannot be
  /// evaluated or stored fails before it is trained.
  void try_out();
  RunOutcome run(const std::optional<Checkpoint>& checkpoint);

 private:
  using Clock = std::chrono::steady_clock;
  enum class Next : std::uint8_t { kGoOn, kStop };

  void start(const std::optional<Checkpoint>& checkpoint);
  Next train();
  void step();
  bool is_validation_due() const;
  Next validate();
  bool keeps_best() const { return settings_.patience > 0 || settings_.keep == "best"; }
  void judge_progress(double metric);
  void restore_best();
  Next finish();
  std::optional<std::vector<JournalValue>> evaluate(Evaluation& evaluation);

  void follow(Evaluation& evaluation);
  void warn_of_collapse(const Evaluation& evaluation);
  void write_checkpoint();
  void checkpoint_if_due();
  void publish(const std::vector<Evaluation*>& samples);
  void publish_stopped();
  [[noreturn]] void fail(const Error& error);
  std::string place() const;  // for errors: the run and its step
  void check_parameters() const;
  std::vector<Evaluation*> samples_so_far();
  RunOutcome outcome(RunState state) const;

  bool is_stopped() const { return hooks_.stop_signal != nullptr && hooks_.stop_signal->load() != 0; }
  void say(const std::string& text) const;
  void show(const std::string& phase);
  void show_step();

  const RunRequest& request_;
  const TrainSettings& settings_;
  const TrainerHooks& hooks_;
  const RunConfig& config_;
  Training& training_;
  Recorder recorder_;
  Checkpoint progress_;
  std::unique_ptr<Evaluation> validation_;           // null where the run has none
  std::vector<std::unique_ptr<Evaluation>> finals_;  // test, then the extra evaluations
  std::uint64_t trained_offset_ = 0;                 // of the journal, when the last step was done
  bool is_published_ = false;                        // the finished run, whole
  const StepReport* report_ = nullptr;
  std::vector<std::pair<std::string, double>> validated_;  // the last metrics of the validation split
  std::set<std::string> warned_;                           // sites that a warning of collapse was given for

  Clock::time_point last_checkpoint_ = Clock::now();
  double checkpointing_ = 0;  // seconds
  Clock::time_point last_shown_;
  Extent shown_step_ = 0;
};

}  // namespace fovea
