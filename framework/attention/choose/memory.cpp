#include "framework/attention/choose/memory.h"
#include "framework/core/span.h"

#include <algorithm>
#include <numeric>

namespace fovea {
namespace {

enum Workspace : std::size_t {
  kItems,
  kPlaces,
  kRowScores,
  kScratch,
  kRowGradScores,
  kRowGradWeights,
  kBuffers,
  kItemReals,
  kItemIndices,
  kItemScratch,
  kDenseWeights,
  kDenseGradWeights
};

/// Kept items as places within the row: both lists are ascending.
void find_places(std::span<const Index> kept, std::span<const Index> items, Index* places) {
  std::size_t place = 0;
  for (const Index item : kept) {
    while (items[place] != item) ++place;
    *places++ = static_cast<Index>(place);
  }
}

}  // namespace

std::vector<Type> ChooseMemory::workspace(const ChooseExtents& extents, Needs needs) {
  const Type row{{extents.items}, Kind::kReal};
  const Type buffers{{2, needs.buffers ? extents.items : 0}, Kind::kIndex};
  const Type scratch{{extents.scratch}, Kind::kReal};
  const Type item_reals{{needs.item_draws, 3, extents.items}, Kind::kReal};
  const Type item_indices{{needs.item_draws, 2, extents.items}, Kind::kIndex};
  const Type item_scratch{{needs.item_scratch}, Kind::kReal};
  std::vector<Type> types{{{extents.items}, Kind::kIndex},
                          {{extents.capacity}, Kind::kIndex},
                          row,
                          scratch,
                          row,
                          row,
                          buffers,
                          item_reals,
                          item_indices,
                          item_scratch};
  if (needs.dense_weights) types.insert(types.end(), 2, {{extents.queries, extents.items}, Kind::kReal});
  return types;
}

ChooseMemory::ChooseMemory(const OpRun& call, const ChooseInputs& inputs)
    : run(call), plan(static_cast<const ChoosePlan&>(*call.prepared)), e(plan.extents()) {
  scores = run.in[0].real();
  mask = inputs.mask > 0 ? run.in[inputs.mask].index() : nullptr;
  is_mask_shared = inputs.mask > 0 && run.in[inputs.mask].shape().rank() == 2;
  values = inputs.values > 0 ? run.in[inputs.values].real() : nullptr;
  tags = run.in.subspan(inputs.tags, inputs.tag_count);
  baseline = inputs.baseline > 0 ? run.in[inputs.baseline].real() : nullptr;
  grad_baseline = inputs.baseline > 0 && !run.grad_in.empty() ? run.grad_in[inputs.baseline].real() : nullptr;
  of_selector = trained(inputs.selector, inputs.selector_count);
  of_pattern = trained(inputs.pattern, inputs.pattern_count);
  of_estimator = trained(inputs.estimator, inputs.estimator_count);
  weights = run.out[choose::kWeights].real();
  kept = run.out[choose::kKept].index();
  count = run.out[choose::kCount].index();
  log_prob = run.out[choose::kLogProb].real();
  read = inputs.values > 0 ? run.out[choose::kRead].real() : nullptr;
  items = run.workspace[kItems].index();
  places = run.workspace[kPlaces].index();
  row_scores = run.workspace[kRowScores].real();
  scratch = run.workspace[kScratch].real();
  row_grad_scores = run.workspace[kRowGradScores].real();
  row_grad_weights = run.workspace[kRowGradWeights].real();
  buffers = run.workspace[kBuffers].index();
  item_reals = run.workspace[kItemReals].real();
  item_indices = run.workspace[kItemIndices].index();
  item_scratch = span_of(run.workspace[kItemScratch].real(), run.workspace[kItemScratch].size());
  const bool is_dense = run.workspace.size() > kDenseWeights;
  dense_weights = is_dense ? run.workspace[kDenseWeights].real() : nullptr;
  dense_grad_weights = is_dense ? run.workspace[kDenseGradWeights].real() : nullptr;
  is_open = mask == nullptr && plan.is_dense();
  if (is_open) std::iota(items, items + e.items, 0);
}

ChooseMemory::Trained ChooseMemory::trained(std::size_t first, std::size_t number) const {
  Trained made;
  made.count = number;
  for (std::size_t i = 0; i < number; ++i) {
    const Tensor& parameter = run.in[first + i];
    const auto size = static_cast<std::size_t>(parameter.size());
    made.values[i] = {parameter.real(), size};
    if (run.grad_in.empty() || !run.wants(first + i)) continue;
    made.gradients[i] = {run.grad_in[first + i].real(), size};
    made.is_wanted = true;
  }
  return made;
}

ChoosePlan::Row ChooseMemory::asked(Extent b, Extent m) const {
  const Extent number = b * e.queries + m;
  const Index* mask_row = mask == nullptr ? nullptr : mask + (is_mask_shared ? b : number) * e.items;
  const ConstRow all = span_of(scores + number * e.items, e.items);
  return {b, m, mask_row, all, tags, buffers, of_pattern.all(), of_pattern.grad_all()};
}

ChooseRow ChooseMemory::row(Extent b, Extent m) const {
  const Extent number = b * e.queries + m;
  const ConstRow all = span_of(scores + number * e.items, e.items);
  if (is_open) return {b, m, number, {items, all.size()}, all};
  const ChoosePlan::Row of_plan = asked(b, m);
  const auto allowed = static_cast<std::size_t>(plan.allowed(of_plan, items));
  if (allowed == all.size() && !plan.has_bias()) return {b, m, number, {items, allowed}, all};
  for (std::size_t i = 0; i < allowed; ++i) row_scores[i] = all[items[i]];
  plan.add_bias(of_plan, {items, allowed}, {row_scores, allowed});
  return {b, m, number, {items, allowed}, {row_scores, allowed}};
}

Selector::Rows ChooseMemory::whole_rows(Extent begin, Extent end) const {
  const auto rows = static_cast<std::size_t>(end - begin);
  const std::size_t room = rows * static_cast<std::size_t>(e.capacity);
  return {.items = e.items,
          .capacity = e.capacity,
          .scores = {scores + begin * e.items, rows * static_cast<std::size_t>(e.items)},
          .weights = {weights + begin * e.capacity, room},
          .kept = {kept + begin * e.capacity, room},
          .counts = {count + begin, rows},
          .scratch = scratch_row()};
}

Choice ChooseMemory::made_choice(const ChooseRow& row, Index* row_places) const {
  const std::span<Index> kept_items = kept_of(row);
  const bool is_all = is_full(row);
  if (!is_all) find_places(kept_items, row.items, row_places);
  Choice made = choice(row, is_all ? kept_items : std::span<Index>{row_places, kept_items.size()});
  made.count = static_cast<Extent>(kept_items.size());
  made.log_prob = log_prob[row.row];
  return made;
}

const Real* ChooseMemory::dense_weights_of(Extent b) const {
  if (mask == nullptr) return weights + b * e.queries * e.items;  // everything was kept: K = N, in order
  std::fill_n(dense_weights, e.queries * e.items, Real{0});
  for (Extent m = 0; m < e.queries; ++m) {
    const Extent number = b * e.queries + m;
    for (Extent k = 0; k < count[number]; ++k) {
      dense_weights[m * e.items + kept[number * e.capacity + k]] = weights[number * e.capacity + k];
    }
  }
  return dense_weights;
}

ChooseStreams::ChooseStreams(const OpRun& run, Extent b)
    : stream_(run.stream),
      index_((static_cast<Extent>(run.context->first_row) + b) % static_cast<Extent>(run.context->draws)),
      count_(static_cast<Extent>(run.context->draws)),
      base_(run.rng(b)),
      shared_(run.rng(b - index_)) {}

Draw ChooseStreams::next() {
  const auto of_row = [this](Rng& rng) {
    const std::uint64_t high = rng.bits();
    return Rng({.seed = (high << 32U) | rng.bits(), .stream = stream_});
  };
  const Rng own = of_row(base_);
  return {index_, count_, own, index_ == 0 ? own : of_row(shared_)};
}

}  // namespace fovea
