#include <algorithm>
#include <array>

#include "framework/attention/choose/backward.h"
#include "framework/core/error.h"

// Backward of estimators that pull all draws of an item together.
namespace fovea {

void ChooseBackward::pull_items() {
  const ChooseExtents& e = memory_.e;
  const OpRun& run = memory_.run;
  if (run.wants(0) && run.assigns(0)) std::fill_n(run.grad_in[0].real(), e.batch * e.queries * e.items, Real{0});
  if (of_slot(run.context->advantages) == nullptr) return;  // the costs are not known
  const Extent draws = setup_.item_draws(e.items);
  if (static_cast<Extent>(run.context->draws) != draws || e.batch % draws != 0 || e.queries != 1) {
    throw Error("rows of one choice, " + std::to_string(draws) + " draws of each item, were expected; " +
                std::to_string(e.batch) + " rows of " + std::to_string(e.queries) + " came, " +
                std::to_string(run.context->draws) + " of each item; keep the batch as the first axis of this site.");
  }
  for (Extent first = 0; first < e.batch; first += draws) pull_item(first, draws);
}

// Rows first .. first + draws - 1 of the batch.
void ChooseBackward::pull_item(Extent first, Extent draws) {
  std::array<DrawRun, kMostDrawsOfItem> runs;
  std::array<ChooseRow, kMostDrawsOfItem> rows;
  const auto count = static_cast<std::size_t>(draws);
  for (std::size_t number = 0; number < count; ++number) {
    const Extent b = first + static_cast<Extent>(number);
    if (memory_.dense_grad_weights != nullptr) pull_weights_by_product(b);
    rows[number] = memory_.row(b, 0);
    runs[number] = draw_run(rows[number], number);
    rows[number].items = runs[number].items;
    runs[number].draw = ChooseStreams(memory_.run, b).next();
    if (rows[number].items.size() != rows[0].items.size()) {
      throw Error("all draws of an item were expected to see equally many items; " + std::to_string(rows[0].items.size()) +
                  " and " + std::to_string(rows[number].items.size()) +
                  " came; let nothing random decide what the site may see.");
    }
    counters_.gathered_rows_backward += static_cast<std::uint64_t>(
        setup_.estimator.reads_all() ? rows[number].items.size() : memory_.kept_of(rows[number]).size());
  }
  if (rows[0].items.empty()) return;
  setup_.estimator.whole_items->pull_item({.selector = &setup_.selector,
                                           .draws = {runs.data(), count},
                                           .parameters = memory_.of_estimator.all(),
                                           .grad_parameters = memory_.of_estimator.grad_all(),
                                           .scratch = memory_.item_scratch});
  for (std::size_t number = 0; number < count; ++number) give_grad_scores(rows[number], runs[number].grad_scores);
}

// What one draw has of the item, in separate memory: a row of ChooseMemory is lost when the next one is asked for.
DrawRun ChooseBackward::draw_run(const ChooseRow& row, std::size_t number) const {
  const auto items = static_cast<std::size_t>(memory_.e.items);
  const auto width = static_cast<std::size_t>(memory_.e.width);
  const std::size_t allowed = row.items.size();
  Real* reals = memory_.item_reals + 3 * items * number;
  Index* indices = memory_.item_indices + 2 * items * number;
  std::copy(row.scores.begin(), row.scores.end(), reals);
  std::copy(row.items.begin(), row.items.end(), indices);
  std::fill_n(reals + items, allowed, Real{0});
  const ChooseRow own{row.b, row.m, row.row, {indices, allowed}, {reals, allowed}};
  DrawRun run;
  run.scores = own.scores;
  run.grad_scores = {reals + items, allowed};
  run.choice = memory_.made_choice(own, indices + items);
  const ConstRow grad = grad_weights(own, run.choice);
  std::copy(grad.begin(), grad.end(), reals + 2 * items);
  run.grad_weights = {reals + 2 * items, grad.size()};
  run.grad_log_prob = memory_.run.grad_out[choose::kLogProb].real()[row.row];
  run.advantage = advantage(row);
  const std::span<const Real>* scales = of_slot(memory_.run.context->advantage_scales);
  run.scale = scales == nullptr ? Real{0} : (*scales)[row.b];
  run.items = own.items;
  run.values = memory_.value(row.b, 0);
  run.read = {memory_.read + row.row * memory_.e.width, width};
  return run;
}

}  // namespace fovea
