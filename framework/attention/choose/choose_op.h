#pragma once

#include "framework/attention/choose/plan.h"
#include "framework/attention/estimator.h"
#include "framework/attention/selector.h"

namespace fovea {

struct ChooseMemory;
struct ChooseRow;

/// What a site chooses with, and which optional inputs it has.
struct ChooseParts {
  std::shared_ptr<const Pattern> pattern;
  std::shared_ptr<const Selector> selector;
  std::shared_ptr<const Estimator> estimator;
  int advantage_slot = -1;  // of OpContext::advantages; -1: the estimator has no score-function part
  bool has_mask = false;
  bool has_values = false;
  cpu::Products products = cpu::Products::kFull;
  bool has_baseline = false;
  std::size_t selector_parameters = 0;
  std::vector<std::shared_ptr<const Selector>> extremes = {};  // what a selector with annealed options may become
  std::size_t pattern_parameters = 0;
  bool has_penalty = false;              // of the pattern: one of the attentions of a site adds it
  std::size_t estimator_parameters = 0;  // those for pull_item
  bool has_spread = false;               // without values: one output more, see ChooseOp
};

/// Places of the inputs of the op behind the scores; 0: not there.
struct ChooseInputs {
  explicit ChooseInputs(const ChooseParts& parts);
  std::size_t mask = 0;
  std::size_t values = 0;
  std::size_t tags = 0;
  std::size_t tag_count = 0;
  std::size_t baseline = 0;
  std::size_t pattern = 0;  // its parameters
  std::size_t pattern_count = 0;
  std::size_t selector = 0;  // likewise
  std::size_t selector_count = 0;
  std::size_t estimator = 0;
  std::size_t estimator_count = 0;
};

/// Scores to a choice and to what it reads: masks and patterns are compacted away, the selector sees what is left.
///
/// Solves    read_m = sum over kept k of weights_mk values[kept_mk], (weights_m, kept_m) = select(allowed scores of m).
/// Shapes    scores [B, M, N], mask Index [B, M, N] or [B, N] where there is one, values [B, N, V] where there are any, tags
///           Index [B, M, T] and [B, N, T] for each of `taggers_of` the pattern, baseline [B, M] where there is one, the
///           parameters of the pattern, of the selector and of the estimator ->
///           weights [B, M, K], kept Index [B, M, K], count Index [B, M], log_prob [B, M], read [B, M, V] with values; or,
///           in its place, spread [B, M, N], the weight of every item: what reads by it gives an estimator all gradients
///           that it may ask for.
/// Gradient  of the selector, or the estimate; a row with nothing allowed has weights, read and gradient 0. The baseline is
///           taken off the advantage, and gets the gradient of its square distance from the cost.
/// Errors    shapes and kinds that do not fit together. Values must be finite, also where they are masked.
/// Cost      kept rows only in forward and backward; a selector that keeps all of a dense pattern reads by a product, and
///           an estimator that asks for the gradient of every weight touches every candidate's value in backward.
class ChooseOp final : public Op {
 public:
  enum Output : std::size_t { kWeights, kKept, kCount, kLogProb, kRead, kSpread = kRead };

  explicit ChooseOp(ChooseParts parts);

  std::string_view name() const override { return "choose"; }
  std::vector<Type> infer(std::span<const Type> in) const override;
  std::vector<Type> workspace(std::span<const Type> in) const override;
  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override;
  void forward(const OpRun& run) const override;
  void backward(const OpRun& run) const override;
  BackwardReads backward_reads() const override { return {~0U, estimator_traits_.pulls_items ? ~0U : ~(1U << kRead)}; }
  bool can_assign(std::size_t input) const override { return input == 0; }
  double multiply_adds(std::span<const Type> in) const override;

 private:
  ChooseExtents extents(std::span<const Type> in) const;
  void expect_tags(std::span<const Type> in) const;
  bool reads_by_product() const { return selector_traits_.keeps_all && parts_.pattern->is_dense(); }
  /// No mask, no pattern, no parameters, and nothing that an estimator would choose in its own way: rows go to the selector
  /// as they lie, many at a time.
  bool is_whole() const {
    return parts_.pattern->is_dense() && !parts_.has_mask && parts_.selector_parameters == 0 && !selector_traits_.samples &&
           (estimator_traits_.needs_derivative || (selector_traits_.keeps_all && !is_random()));
  }
  bool has_dense_gradient() const { return !parts_.estimator->reads_kept_only(); }
  bool is_random() const { return selector_traits_.samples || selector_traits_.is_random; }
  bool needs_streams() const { return is_random() || !estimator_traits_.needs_derivative; }

  void choose_whole(const ChooseMemory& memory) const;
  Selector::Rows whole_rows(const ChooseMemory& memory, Extent begin, Extent end) const;
  void choose_row(const ChooseMemory& memory, const ChooseRow& row, const Draw& draw) const;
  void read(const ChooseMemory& memory, Counters& counters) const;
  void spread(const ChooseMemory& memory) const;

  void pull_whole(const ChooseMemory& memory, Counters& counters) const;
  void pull_penalty(const ChooseMemory& memory) const;
  void pull_rows(const ChooseMemory& memory, Extent b, Counters& counters) const;
  void pull_row(const ChooseMemory& memory, const ChooseRow& row, const Draw& draw) const;
  void give_grad_scores(const ChooseMemory& memory, const ChooseRow& row, ConstRow grad_scores) const;
  Extent item_draws(Extent items) const;
  void pull_items(const ChooseMemory& memory, Counters& counters) const;
  void pull_item(const ChooseMemory& memory, Extent first, Extent draws, Counters& counters) const;
  DrawRun draw_run(const ChooseMemory& memory, const ChooseRow& row, std::size_t number) const;
  void pull_weights_by_product(const ChooseMemory& memory, Extent b) const;
  ConstRow grad_weights(const ChooseMemory& memory, const ChooseRow& row, const Choice& choice) const;
  void pull_values(const ChooseMemory& memory, Extent b, Counters& counters) const;
  Real advantage(const ChooseMemory& memory, const ChooseRow& row) const;
  const std::span<const Real>* of_slot(std::span<const std::span<const Real>> all, const ChooseMemory& memory) const;
  Real* log_prob_of(const ChooseMemory& memory, Extent b) const;

  ChooseParts parts_;
  ChooseInputs inputs_;
  Selector::Traits selector_traits_;
  Estimator::Traits estimator_traits_;
};

}  // namespace fovea
