#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "framework/results/journal.h"
#include "framework/results/record.h"
#include "framework/task.h"
#include "framework/train/health.h"
#include "framework/train/shards.h"
#include "framework/train/site_axes.h"
#include "framework/train/told_rows.h"

namespace fovea {

/// One split of a task, evaluated by the model built in Mode::kEvaluate with the parameters as they are.
///
/// Errors    a model whose parameters differ between its modes; an output that does not have the batch as its first axis.
class Evaluation {
 public:
  struct Config {
    std::string name;  // "validation", "test", "N=100"
    std::string task;
    Split split = Split::kTest;
    Extent rows = 0;
  };
  Evaluation(Config config, const RunSpec& run, ParameterStore& parameters);

  const Config& config() const { return config_; }
  const Graph& graph() const { return shards_->graph(); }

  /// Sets annealed numbers to those that the trained model has now, and all others to their values at `step`.
  void follow(const Graph& trained, Extent step);

  /// The metrics of one item, to see that the model gives what the task judges.
  std::vector<JournalValue> try_out();

  /// Asked before every batch, with the share that is done; false: stop.
  using Continue = std::function<bool(double)>;
  /// The metrics over all rows, then those of each slice; the main metric comes first. Nothing where it was stopped.
  std::optional<std::vector<JournalValue>> run(const Continue& goes_on);
  /// False before the first whole run.
  bool has_run() const { return has_run_; }
  /// What the sites chose over all rows of the last run.
  const std::vector<SiteHealth>& health() const { return health_; }

  /// 1 or 0 for each item of the last run, where the main metric is nothing else; else empty.
  const std::vector<std::int32_t>& correct() const { return correct_; }
  /// The main metric of a random guess, where the task knows it.
  std::optional<double> chance() const;

  /// What the sites chose on the first items, and these items with their outputs: at most `rows`, and not more than take
  /// 4 MiB, but one.
  struct Sample {
    std::vector<SelectionSite> selections;
    Predictions predictions;
  };
  Sample sample(Extent rows);

 private:
  Batch& fill(Extent number, Extent rows);
  void forward(const Batch& batch, Extent number, Extent rows, const ToldWish& wish = {});
  Extent sampled_rows(const Batch& batch, Extent rows) const;
  void describe(SelectionSite& site, const Batch& batch) const;
  void assemble(Extent rows);
  OpContext context_of(const Shard& shard, Extent number) const;
  Judgement judge(const Batch& batch, Extent rows);
  void note_correct(const Judgement& judgement);
  void check_finite(Extent first, Extent number) const;

  Config config_;
  TrainSettings settings_;
  std::unique_ptr<Task> task_;
  std::unique_ptr<Shards> shards_;
  std::span<Shard> bound_;
  Batch whole_;                // of evaluation_batch rows
  std::optional<Batch> rest_;  // the last, smaller batch
  Outputs outputs_;
  std::atomic<bool> has_nan_choice_ = false;  // of the last forward pass
  std::vector<ToldRows> told_;                // by shard, of the last forward pass
  std::vector<SiteHealth> health_;
  std::map<std::string, Counters> counters_;   // of the last run
  std::map<std::string, SiteAxes> site_axes_;  // found when first asked for
  std::vector<std::int32_t> correct_;
  bool has_run_ = false;
  std::map<std::string, std::vector<std::byte>> memory_;  // of outputs_
};

/// Sets the annealed numbers of a graph to those that the trained one has now, where it has them under the same path and
/// text, and all others to their values at `step`.
void follow_annealed(const Graph& graph, const Graph& trained, Extent step, Extent steps);

}  // namespace fovea
