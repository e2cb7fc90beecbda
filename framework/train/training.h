#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "framework/anneal/annealing.h"
#include "framework/attention/estimator.h"
#include "framework/experiment.h"
#include "framework/task.h"
#include "framework/train/averaging.h"
#include "framework/train/draws.h"
#include "framework/train/optimizer.h"
#include "framework/train/shards.h"

namespace fovea {

/// What one step of training measured.
struct StepReport {
  double loss = 0;
  double gradient_norm = 0;  // before clipping
  double learning_rate = 0;
  std::vector<double> metrics;  // in the order of Training::metric_names()
};

/// A task from its text, its options checked.
std::unique_ptr<Task> make_task(const std::string& text);

/// A loss or gradient that is not finite.
class NotFiniteError : public Error {
 public:
  using Error::Error;
};

/// The training of one run, in memory: model, parameters, optimizer, schedule, and steps. Same bits for any number of
/// threads.
///
/// Errors    unknown plugins and options, a model that does not fit its task, all when made; in `step` NotFiniteError, with
///           the first node, pass and item: the parameters are then those before the step.
class Training {
 public:
  explicit Training(const RunSpec& run);
  ~Training();

  /// One step: forward and backward of all shards, ordered sum, clipping, noise, optimizer.
  const StepReport& step();

  /// The gradient of the first batch at the parameters as they are, with the random numbers of step `number`; nothing moves
  /// but the baselines of estimators. Laid out like the parameters; valid until the next call.
  std::span<const Real> gradient(Extent number);
  /// The mean cost of the batch that `gradient` or `step` has worked on.
  double loss() const { return report_.loss; }

  /// Sets all annealed numbers to their values after `step` steps. `step` and `gradient` do that by themselves.
  void anneal(Extent step);
  /// Hands the main metric of an evaluation on the validation split to the schedule and the annealings.
  void observe(double metric);
  /// Why the run needs evaluations while it trains: the text of a schedule, an annealing or a setting; empty: it does not.
  std::string needs_metric() const;

  Extent steps_done() const { return steps_done_; }
  /// Continues from the step of a checkpoint.
  void resume_at(Extent step);

  const RunSpec& run() const { return run_; }
  const Task& task() const { return *task_; }
  const Graph& graph() const { return *graph_; }
  std::shared_ptr<const Graph> shared_graph() const { return graph_; }
  /// The plan of a whole shard of the first batch.
  const Plan& plan();
  const std::vector<std::string>& metric_names() const { return metric_names_; }
  ParameterStore& parameters() { return *store_; }
  Optimizer& optimizer() { return *optimizer_; }
  AnnealedProduct& schedule() { return schedule_; }
  Averaging& averaging() { return *averaging_; }
  /// While it lives, parameters() holds what is evaluated and kept: the mean over steps, where the run has one.
  Averaging::Shown show_average() { return {*averaging_, store_->values(), steps_done_}; }
  /// Other values in the place of those that are evaluated and kept.
  void put_back(std::span<const Real> values);
  /// What the sites have done since the last call.
  std::map<std::string, Counters> take_counters() { return shards_->take_counters(); }

 private:
  void find_outputs();
  void name_annealed();
  void check_parameters() const;
  std::span<Shard> bind_batch(const Batch& batch);
  std::span<Shard> bind_first_batch();
  void run_shards(std::span<Shard> shards);
  void forward(Shard& shard, Extent number);
  void backward(Shard& shard, Extent number);
  void set_cotangents(Shard& shard);
  void measure(std::span<Shard> shards);
  OpContext context_of(const Shard& shard, Extent number);
  [[noreturn]] void report_not_finite(std::span<Shard> shards);
  void prefetch();

  RunSpec run_;
  std::unique_ptr<Task> task_;
  AnnealedProduct schedule_;
  std::unique_ptr<Optimizer> optimizer_;
  std::shared_ptr<const Graph> graph_;
  std::unique_ptr<ParameterStore> store_;
  std::unique_ptr<Averaging> averaging_;
  std::unique_ptr<GradientBlocks> gradients_;
  std::unique_ptr<Shards> shards_;
  Slot cost_;
  std::vector<Slot> metrics_;
  std::vector<std::string> metric_names_;
  Extent steps_done_ = 0;
  Extent noise_step_ = 0;  // whose random numbers are used

  Batch batches_[2];             // the one that is worked on and the next
  Extent filled_[2] = {-1, -1};  // the step whose items each holds
  Draws draws_;
  Batch repeated_;  // every item as often as it is evaluated, where that is more than once
  std::vector<Draws::Spans> shard_slots_;
  StepReport report_;
};

}  // namespace fovea
