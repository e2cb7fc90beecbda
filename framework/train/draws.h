#pragma once

#include <span>
#include <vector>

#include "framework/graph/graph.h"
#include "framework/ops/op.h"
#include "framework/task.h"

namespace fovea {

/// The evaluations of every item of a batch that the estimators of a graph ask for: row b R + r is draw r of item b.
/// Between forward and backward their costs are turned into what each row counts.
///
/// Errors    estimators that ask for different numbers of draws, or one that must be alone.
class Draws {
 public:
  Draws() = default;
  Draws(const Graph& graph, Extent items);

  Extent count() const { return count_; }  // R
  Extent rows() const { return count_ * items_; }
  bool waits_for_costs() const { return !slots_.empty(); }  // backward needs the costs of the whole batch

  /// Every item of `from` R times.
  void repeat(const Batch& from, Batch& to) const;
  /// Clears the log-probabilities. Before forward.
  void begin();
  /// The context of rows [first, first + rows): where sites add log-probabilities and find their advantages. Valid until
  /// the next call of `begin`.
  struct Spans {
    std::vector<std::span<Real>> log_probs;         // [slot], rows of a shard
    std::vector<std::span<const Real>> advantages;  // likewise
    std::vector<std::span<const Real>> scales;
  };
  void fill(OpContext& context, Extent first, Extent rows, Spans& spans);
  std::span<Real> costs() { return costs_; }  // [B R], to be filled by the caller
  /// Weights and advantages from the costs. `scale` multiplies both.
  void share_out(const Graph& graph, Real scale);
  std::span<const Real> weights() const { return weights_; }  // [B R]: of each cost, before `scale`

 private:
  struct Slot {
    std::vector<Real> log_probs;
    std::vector<Real> advantages;
    std::vector<Real> scales;  // what the cost of each row was multiplied by
  };
  Extent items_ = 0;
  Extent count_ = 1;
  std::size_t leader_ = 0;  // the slot that weighs the costs
  std::vector<Slot> slots_;
  std::vector<Real> costs_;
  std::vector<Real> weights_;
  std::vector<Real> own_weights_;  // of a slot that is not the leader
};

}  // namespace fovea
