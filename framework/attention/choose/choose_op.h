#pragma once

#include "framework/attention/choose/plan.h"
#include "framework/attention/choose/setup.h"
#include "framework/ops/op.h"

namespace fovea {

/// Turns scores into a choice and what it reads: masks and patterns are compacted away, the selector sees what is left.
///
/// Solves    read_m = sum over kept k of weights_mk values[kept_mk], (weights_m, kept_m) = select(allowed scores of m).
/// Shapes    scores [B, M, N], mask Index [B, M, N] or [B, N] where there is one, values [B, N, V] where there are any, tags
///           Index [B, M, T] and [B, N, T] for each of `taggers_of` the pattern, baseline [B, M] where there is one, the
///           parameters of the pattern, of the selector and of the estimator ->
///           weights [B, M, K], kept Index [B, M, K], count Index [B, M], log_prob [B, M], read [B, M, V] with values; or,
///           instead, spread [B, M, N], the weight of every item: an op that reads by it gives an estimator all gradients
///           that it may ask for.
/// Gradient  of the selector, or the estimate; a row with nothing allowed has weights, read and gradient 0. The baseline is
///           subtracted from the advantage and gets the gradient of its squared distance from the cost.
/// Errors    shapes and kinds that do not fit together. Values must be finite, also where they are masked.
/// Cost      kept rows only in forward and backward; a selector that keeps all of a dense pattern reads by a product, and
///           an estimator that asks for the gradient of every weight touches every candidate's value in backward.
class ChooseOp final : public Op {
 public:
  using enum choose::Output;

  explicit ChooseOp(ChooseParts parts) : setup_(std::move(parts)) {}

  std::string_view name() const override { return "choose"; }
  std::vector<Type> infer(std::span<const Type> in) const override;
  std::vector<Type> workspace(std::span<const Type> in) const override;
  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override;
  void forward(const OpRun& run) const override;
  void backward(const OpRun& run) const override;
  BackwardReads backward_reads() const override {
    return {~0U, setup_.estimator.whole_items != nullptr ? ~0U : ~(1U << kRead)};
  }
  bool can_assign(std::size_t input) const override { return input == 0; }
  double multiply_adds(std::span<const Type> in) const override;

 private:
  ChooseExtents extents(std::span<const Type> in) const;
  void expect_tags(std::span<const Type> in) const;

  ChooseSetup setup_;
};

}  // namespace fovea
