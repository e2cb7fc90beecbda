#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "framework/results/record.h"
#include "framework/task.h"
#include "framework/train/shards.h"
#include "framework/trained/site_changes.h"
#include "framework/trained/trained_run.h"

namespace fovea {

/// The model of a trained run, for items that are given to it: what evaluation would give for them, and what its sites
/// chose.
///
///     fovea::TrainedRun run("runs/sort_by_pointing/main");
///     fovea::Predictor predictor(run);
///     const fovea::Outputs& outputs = predictor.predict(batch);
///
/// Of one TrainedRun there may be several, each used by one thread at a time: they share the parameters, which they only
/// read. After the first batches of a shape, `predict` allocates nothing. Outputs do not depend on the number of threads;
/// the last bits of an item may depend on how many items are asked for together, as products of other sizes round otherwise.
class Predictor {
 public:
  /// Errors    those of a task.
  explicit Predictor(TrainedRun& trained, std::vector<SiteChange> sites = {}, const std::string& task = "");
  ~Predictor();
  Predictor(Predictor&&) noexcept;

  const Task& task() const { return *task_; }
  /// The outputs of the model for these items, the batch as first axis: valid until the next call. The batch must hold the
  /// tensors that the model reads in evaluation, of any size that the model takes; it must stay where it is until then.
  ///
  /// Errors    a tensor that the model reads and the batch lacks; shapes that the model does not take; a site that does not
  ///           fit what was trained; an output that is not a number.
  const Outputs& predict(const Batch& batch);

  /// Of the last batch: what each site chose for each item.
  std::vector<SelectionSite> selections();
  /// Of the last batch: the tensors that the model has read, its outputs and selections, as the results of an evaluation
  /// with this name.
  RunRecord record(const std::string& name);

 private:
  void build(const Batch& batch);
  void assemble(Extent rows);

  TrainedRun& trained_;
  std::vector<SiteChange> sites_;
  std::unique_ptr<Task> task_;
  std::unique_ptr<Shards> shards_;
  std::span<Shard> bound_;
  const Batch* batch_ = nullptr;
  Outputs outputs_;
  std::map<std::string, std::vector<std::byte>> memory_;  // of outputs_
};

}  // namespace fovea
