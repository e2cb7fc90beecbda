#pragma once

#include <array>

#include "framework/attention/choice.h"
#include "framework/attention/choose/plan.h"
#include "framework/attention/choose/setup.h"
#include "framework/core/rng.h"
#include "framework/core/span.h"
#include "framework/ops/op.h"

// Internal to ChooseOp: the memory of one call.
namespace fovea {

/// One row of choices: query m of batch element b, reduced to what it may see.
struct ChooseRow {
  Extent b = 0;
  Extent m = 0;
  Extent row = 0;                // b M + m
  std::span<const Index> items;  // allowed ones, ascending [n]
  ConstRow scores;               // of these [n]
};

struct ChooseMemory {
  ChooseMemory(const OpRun& call, const ChooseInputs& inputs);

  const OpRun& run;
  const ChoosePlan& plan;
  ChooseExtents e;

  const Real* scores;            // [B, M, N]
  const Index* mask;             // [B, N] or [B, M, N] or null
  bool is_mask_shared;           // [B, N]: one row for all queries
  const Real* values;            // [B, N, V] or null
  std::span<const Tensor> tags;  // Index [B, M, T] and [B, N, T] of each part of the pattern that makes them
  const Real* baseline;          // [B, M] or null
  Real* grad_baseline;           // [B, M] or null
  /// Parameters of the selector, the pattern or the estimator; a fixed number, since nothing is allocated while a plan runs.
  struct Trained {
    std::array<ConstRow, kMostSiteParameters> values;
    std::array<Row, kMostSiteParameters> gradients;
    std::size_t count = 0;
    bool is_wanted = false;  // the gradient of any

    std::span<const ConstRow> all() const { return {values.data(), count}; }
    std::span<const Row> grad_all() const { return {gradients.data(), count}; }
  };
  Trained of_selector;
  Trained of_pattern;
  Trained of_estimator;
  Real* weights;   // [B, M, K]
  Index* kept;     // [B, M, K]
  Index* count;    // [B, M]
  Real* log_prob;  // [B, M]
  Real* read;      // [B, M, V] or null

  // Workspace; places of a row follow the order of its allowed items.
  bool is_open;              // every row sees all items: `items` is 0 .. N-1 throughout
  Index* items;              // [N]
  Index* buffers;            // [2, N] where the pattern depends on data
  Index* places;             // [K]: kept, as places
  Real* row_scores;          // [N]
  Real* scratch;             // [>= N]
  Real* row_grad_scores;     // [N]
  Real* row_grad_weights;    // [N]
  Real* dense_weights;       // [M, N] or null
  Real* dense_grad_weights;  // [M, N] or null
  // Of the R draws of an item, where they are pulled together.
  Real* item_reals;     // [R, 3, N]: scores, their gradients, gradients of the weights
  Index* item_indices;  // [R, 2, N]: items, kept as places
  Row item_scratch;

  struct Needs {
    bool dense_weights = false;
    bool buffers = false;
    Extent item_draws = 0;
    Extent item_scratch = 0;
  };
  static std::vector<Type> workspace(const ChooseExtents& extents, Needs needs);

  ChooseRow row(Extent b, Extent m) const;
  /// Rows b M + m, from `begin` to `end`, as the selector gets many at once.
  Selector::Rows whole_rows(Extent begin, Extent end) const;
  const Real* grad_read() const { return run.grad_out[choose::kRead].real(); }
  const Real* value(Extent b, Extent item) const { return values + (b * e.items + item) * e.width; }
  /// The choice of a row, with places where its items are to be kept.
  Choice choice(const ChooseRow& row, std::span<Index> kept_places) const {
    Choice made{{weights + row.row * e.capacity, kept_places.size()}, kept_places, 0, 0, scratch_row()};
    made.parameters = of_selector.all();
    made.grad_parameters = of_selector.grad_all();
    return made;
  }
  /// The choice made in forward; its places are written to `places` where the row does not see all items.
  Choice made_choice(const ChooseRow& row, Index* row_places) const;
  Row scratch_row() const { return span_of(scratch, e.scratch); }
  Trained trained(std::size_t first, std::size_t number) const;
  /// What the pattern is given for a row.
  ChoosePlan::Row asked(Extent b, Extent m) const;
  /// All items are allowed: places and items are the same.
  bool is_full(const ChooseRow& row) const { return static_cast<Extent>(row.items.size()) == e.items; }
  std::span<Index> kept_of(const ChooseRow& row) const { return span_of(kept + row.row * e.capacity, count[row.row]); }
  /// Backward pulls through the choices: a gradient is wanted for their scores or for a parameter of the site.
  bool wants_choice() const {
    return run.wants(0) || of_selector.is_wanted || of_pattern.is_wanted || of_estimator.is_wanted ||
           grad_baseline != nullptr;
  }
  const Real* weights_of(const ChooseRow& row) const { return weights + row.row * e.capacity; }
  /// The weights of a batch element as [M, N], zero where nothing was kept.
  const Real* dense_weights_of(Extent b) const;
};

/// The random numbers of the rows of one batch element: the same in forward and backward, for any sharding.
class ChooseStreams {
 public:
  ChooseStreams(const OpRun& run, Extent b);
  Draw next();  // of query 0, 1, 2 ... in order

 private:
  std::uint32_t stream_;
  Extent index_;
  Extent count_;
  Rng base_;
  Rng shared_;  // of the first draw of this item
};

}  // namespace fovea
