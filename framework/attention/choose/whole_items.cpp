#include <algorithm>
#include <array>

#include "framework/attention/choose/choose_op.h"
#include "framework/attention/choose/memory.h"
#include "framework/core/error.h"

// Backward of estimators that pull all draws of an item together.
namespace fovea {

Extent ChooseOp::item_draws(Extent items) const {
  if (!estimator_traits_.pulls_items) return 0;
  const Extent draws = parts_.estimator->draws(*parts_.selector, items);
  if (draws <= static_cast<Extent>(kMostDrawsOfItem)) return draws;
  throw Error("at most " + std::to_string(kMostDrawsOfItem) +
              " draws were expected of an estimator that pulls whole items; " + std::to_string(draws) +
              " came; let it ask for fewer.");
}

void ChooseOp::pull_items(const ChooseMemory& memory, Counters& counters) const {
  const ChooseExtents& e = memory.e;
  const OpRun& run = memory.run;
  if (run.wants(0) && run.assigns(0)) std::fill_n(run.grad_in[0].real(), e.batch * e.queries * e.items, Real{0});
  if (of_slot(run.context->advantages, memory) == nullptr) return;  // nobody knows the costs
  const Extent draws = item_draws(e.items);
  if (static_cast<Extent>(run.context->draws) != draws || e.batch % draws != 0 || e.queries != 1) {
    throw Error("rows of one choice, " + std::to_string(draws) + " draws of each item, were expected; " +
                std::to_string(e.batch) + " rows of " + std::to_string(e.queries) + " came, " +
                std::to_string(run.context->draws) + " of each item; keep the batch as the first axis of this site.");
  }
  for (Extent first = 0; first < e.batch; first += draws) pull_item(memory, first, draws, counters);
}

// Rows first .. first + draws - 1 of the batch.
void ChooseOp::pull_item(const ChooseMemory& memory, Extent first, Extent draws, Counters& counters) const {
  std::array<DrawRun, kMostDrawsOfItem> runs;
  std::array<ChooseRow, kMostDrawsOfItem> rows;
  const auto count = static_cast<std::size_t>(draws);
  for (std::size_t number = 0; number < count; ++number) {
    const Extent b = first + static_cast<Extent>(number);
    if (memory.dense_grad_weights != nullptr) pull_weights_by_product(memory, b);
    rows[number] = memory.row(b, 0);
    runs[number] = draw_run(memory, rows[number], number);
    rows[number].items = runs[number].items;
    runs[number].draw = ChooseStreams(memory.run, b).next();
    if (rows[number].items.size() != rows[0].items.size()) {
      throw Error("all draws of an item were expected to see as many items; " + std::to_string(rows[0].items.size()) +
                  " and " + std::to_string(rows[number].items.size()) +
                  " came; let nothing random decide what the site may see.");
    }
    counters.gathered_rows_backward +=
        static_cast<std::uint64_t>(has_dense_gradient() ? rows[number].items.size() : memory.kept_of(rows[number]).size());
  }
  if (rows[0].items.empty()) return;
  parts_.estimator->pull_item({.selector = parts_.selector.get(),
                               .draws = {runs.data(), count},
                               .parameters = memory.of_estimator.all(),
                               .grad_parameters = memory.of_estimator.grad_all(),
                               .scratch = memory.item_scratch});
  for (std::size_t number = 0; number < count; ++number) give_grad_scores(memory, rows[number], runs[number].grad_scores);
}

// What one draw has of the item, in memory of its own: a row of ChooseMemory is lost where the next one is asked for.
DrawRun ChooseOp::draw_run(const ChooseMemory& memory, const ChooseRow& row, std::size_t number) const {
  const auto items = static_cast<std::size_t>(memory.e.items);
  const auto width = static_cast<std::size_t>(memory.e.width);
  const std::size_t allowed = row.items.size();
  Real* reals = memory.item_reals + 3 * items * number;
  Index* indices = memory.item_indices + 2 * items * number;
  std::copy(row.scores.begin(), row.scores.end(), reals);
  std::copy(row.items.begin(), row.items.end(), indices);
  std::fill_n(reals + items, allowed, Real{0});
  const ChooseRow own{row.b, row.m, row.row, {indices, allowed}, {reals, allowed}};
  DrawRun run;
  run.scores = own.scores;
  run.grad_scores = {reals + items, allowed};
  run.choice = memory.made_choice(own, indices + items);
  const ConstRow grad = grad_weights(memory, own, run.choice);
  std::copy(grad.begin(), grad.end(), reals + 2 * items);
  run.grad_weights = {reals + 2 * items, grad.size()};
  run.grad_log_prob = memory.run.grad_out[kLogProb].real()[row.row];
  run.advantage = advantage(memory, row);
  const std::span<const Real>* scales = of_slot(memory.run.context->advantage_scales, memory);
  run.scale = scales == nullptr ? Real{0} : (*scales)[static_cast<std::size_t>(row.b)];
  run.items = own.items;
  run.values = memory.value(row.b, 0);
  run.read = {memory.read + row.row * memory.e.width, width};
  return run;
}

}  // namespace fovea
