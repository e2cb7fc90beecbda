#include <algorithm>

#include "framework/attention/choose/choose_op.h"
#include "framework/attention/choose/memory.h"
#include "framework/core/error.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

const Real* grad_read(const ChooseMemory& memory) { return memory.run.grad_out[ChooseOp::kRead].real(); }

}  // namespace

void ChooseOp::backward(const OpRun& run) const {
  const ChooseMemory memory(run, inputs_);
  const ChooseExtents& e = memory.e;
  Counters counters;
  if (e.items == 0) return;
  const bool is_pulled_whole = is_whole() && estimator_traits_.needs_derivative;
  if (run.wants(0) && is_pulled_whole && (reads_by_product() || !parts_.has_values)) {
    pull_whole(memory, counters);
  } else if (memory.wants_choice() && estimator_traits_.pulls_items) {
    pull_items(memory, counters);
  } else if (memory.wants_choice()) {
    for (Extent b = 0; b < e.batch; ++b) pull_rows(memory, b, counters);
  }
  if (parts_.has_penalty && memory.of_pattern.is_wanted) pull_penalty(memory);
  const bool wants_values = parts_.has_values && run.wants(inputs_.values);
  for (Extent b = 0; wants_values && b < e.batch; ++b) pull_values(memory, b, counters);
  run.count(counters);
}

void ChooseOp::pull_whole(const ChooseMemory& memory, Counters& counters) const {
  const ChooseExtents& e = memory.e;
  const auto pull = [&](Extent begin, Extent end, const Real* grad_weights) {
    const Selector::Rows rows = whole_rows(memory, begin, end);
    parts_.selector->backward_rows(rows, {.weights = {grad_weights, rows.weights.size()},
                                          .scores = {memory.run.grad_in[0].real() + begin * e.items, rows.scores.size()},
                                          .assigns = memory.run.assigns(0)});
  };
  const Real* grad_weights = memory.run.grad_out[kWeights].real();
  if (!parts_.has_values) return pull(0, e.batch * e.queries, grad_weights);
  const auto block = static_cast<std::size_t>(e.queries * e.items);
  for (Extent b = 0; b < e.batch; ++b) {
    pull_weights_by_product(memory, b);
    cpu::add({grad_weights + b * e.queries * e.items, block}, {memory.dense_grad_weights, block});
    pull(b * e.queries, (b + 1) * e.queries, memory.dense_grad_weights);
    counters.gathered_rows_backward += block;
  }
}

// read = weights values  =>  grad_weights = grad_read values^T     [M, V] [N, V] -> [M, N]
void ChooseOp::pull_weights_by_product(const ChooseMemory& memory, Extent b) const {
  const ChooseExtents& e = memory.e;
  memory.plan.grad_weights()(grad_read(memory) + b * e.queries * e.width, memory.value(b, 0), memory.dense_grad_weights);
}

// Costs are averaged over the batch: what is asked for once a batch belongs to its first row, and to the first step of a
// loop.
void ChooseOp::pull_penalty(const ChooseMemory& memory) const {
  const OpRun& run = memory.run;
  if (run.context == nullptr || run.context->first_row != 0 || run.time != 0) return;
  memory.plan.pull_penalty(memory.asked(0, 0));
}

void ChooseOp::pull_rows(const ChooseMemory& memory, Extent b, Counters& counters) const {
  const ChooseExtents& e = memory.e;
  const bool reads = parts_.has_values && estimator_traits_.has_path;
  const bool by_product = reads && memory.dense_grad_weights != nullptr;
  if (by_product) pull_weights_by_product(memory, b);
  if (by_product) counters.gathered_rows_backward += static_cast<std::uint64_t>(e.queries * e.items);
  ChooseStreams streams(memory.run, b);
  Draw draw;
  for (Extent m = 0; m < e.queries; ++m) {
    if (needs_streams()) draw = streams.next();
    const ChooseRow row = memory.row(b, m);
    const Extent kept = memory.count[row.row];
    if (memory.run.wants(0) && memory.run.assigns(0))
      std::fill_n(memory.run.grad_in[0].real() + row.row * e.items, e.items, Real{0});
    if (kept == 0) continue;
    if (reads && !by_product) {
      counters.gathered_rows_backward += static_cast<std::uint64_t>(has_dense_gradient() ? row.items.size() : kept);
    }
    pull_row(memory, row, draw);
  }
}

void ChooseOp::pull_row(const ChooseMemory& memory, const ChooseRow& row, const Draw& draw) const {
  const bool is_full = memory.is_full(row);
  const Choice choice = memory.made_choice(row, memory.places);
  const std::size_t allowed = row.items.size();
  const bool wants_scores = memory.run.wants(0);
  Real* grad_all = wants_scores ? memory.run.grad_in[0].real() + row.row * memory.e.items : nullptr;
  const bool is_direct = is_full && wants_scores && !memory.plan.weighs_pairs();
  const Row grad_scores{is_direct ? grad_all : memory.row_grad_scores, allowed};
  if (!is_direct) std::fill(grad_scores.begin(), grad_scores.end(), Real{0});
  if (estimator_traits_.has_path) {
    parts_.estimator->pull_weights(*parts_.selector, row.scores, choice, draw, grad_weights(memory, row, choice),
                                   grad_scores);
  }
  if (selector_traits_.samples) {
    const Real factor = memory.run.grad_out[kLogProb].real()[row.row];
    const Real score = advantage(memory, row);
    if (factor != 0) parts_.selector->log_prob_backward(row.scores, choice, factor, grad_scores);
    if (score != 0) parts_.estimator->pull_log_prob(*parts_.selector, row.scores, choice, draw, score, grad_scores);
  }
  if (!is_direct) give_grad_scores(memory, row, grad_scores);
}

void ChooseOp::give_grad_scores(const ChooseMemory& memory, const ChooseRow& row, ConstRow grad_scores) const {
  if (memory.run.wants(0)) {
    Real* grad_all = memory.run.grad_in[0].real() + row.row * memory.e.items;
    for (std::size_t i = 0; i < grad_scores.size(); ++i) grad_all[row.items[i]] += grad_scores[i];
  }
  if (memory.of_pattern.is_wanted) memory.plan.weigh_backward(memory.asked(row.b, row.m), row.items, grad_scores);
}

// The gradient with respect to the weights: of the kept places [count], or of every place [n] for dense estimators.
ConstRow ChooseOp::grad_weights(const ChooseMemory& memory, const ChooseRow& row, const Choice& choice) const {
  const ChooseExtents& e = memory.e;
  const bool is_dense = has_dense_gradient();
  const std::size_t wanted = is_dense ? row.items.size() : choice.kept.size();
  const Row grad{memory.row_grad_weights, wanted};
  const Real* grad_kept = memory.run.grad_out[kWeights].real() + row.row * e.capacity;
  if (!is_dense && !parts_.has_values && !parts_.has_spread) return {grad_kept, wanted};
  const auto width = static_cast<std::size_t>(e.width);
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::size_t place = is_dense ? i : static_cast<std::size_t>(choice.kept[i]);
    const Index item = row.items[place];
    grad[i] = is_dense ? Real{0} : grad_kept[i];
    if (parts_.has_spread) grad[i] += memory.run.grad_out[kSpread].real()[row.row * e.items + item];
    if (!parts_.has_values) continue;
    if (memory.dense_grad_weights != nullptr) {
      grad[i] += memory.dense_grad_weights[row.m * e.items + item];
    } else {
      grad[i] += cpu::dot({grad_read(memory) + row.row * e.width, width}, {memory.value(row.b, item), width});
    }
  }
  for (std::size_t k = 0; is_dense && k < choice.kept.size(); ++k) {
    grad[static_cast<std::size_t>(choice.kept[k])] += grad_kept[k];
  }
  return grad;
}

// read_m = sum_k w_mk values[kept_mk]  =>  grad_values[kept_mk] += w_mk grad_read_m
void ChooseOp::pull_values(const ChooseMemory& memory, Extent b, Counters& counters) const {
  const ChooseExtents& e = memory.e;
  Real* grad_values = memory.run.grad_in[inputs_.values].real() + b * e.items * e.width;
  const Real* grad = grad_read(memory) + b * e.queries * e.width;
  // Rows that the gradient of the weights has touched are not counted twice.
  const bool is_counted = memory.wants_choice() && estimator_traits_.has_path;
  if (reads_by_product()) {
    memory.plan.grad_values()(memory.dense_weights_of(b), grad, grad_values);
    if (!is_counted) counters.gathered_rows_backward += static_cast<std::uint64_t>(e.queries * e.items);
    return;
  }
  const auto width = static_cast<std::size_t>(e.width);
  for (Extent m = 0; m < e.queries; ++m) {
    const Extent row = b * e.queries + m;
    for (Extent k = 0; k < memory.count[row]; ++k) {
      const Index item = memory.kept[row * e.capacity + k];  // add: several queries may keep one item
      cpu::add_scaled(memory.weights[row * e.capacity + k], {grad + m * e.width, width},
                      {grad_values + item * e.width, width});
    }
    if (!is_counted) counters.gathered_rows_backward += static_cast<std::uint64_t>(memory.count[row]);
  }
}

const std::span<const Real>* ChooseOp::of_slot(std::span<const std::span<const Real>> all,
                                               const ChooseMemory& memory) const {
  const auto slot = static_cast<std::size_t>(parts_.advantage_slot);
  if (parts_.advantage_slot < 0 || slot >= all.size() || all[slot].empty()) return nullptr;
  if (static_cast<Extent>(all[slot].size()) != memory.e.batch) {
    throw Error("an advantage for each of " + std::to_string(memory.e.batch) + " rows was expected; " +
                std::to_string(all[slot].size()) + " came; keep the batch as the first axis of a site that samples.");
  }
  return &all[slot];
}

// a = scale (cost - baseline), and the baseline learns by scale (cost - baseline)^2  =>  grad_baseline -= 2 a
Real ChooseOp::advantage(const ChooseMemory& memory, const ChooseRow& row) const {
  const std::span<const Real>* advantages = of_slot(memory.run.context->advantages, memory);
  if (advantages == nullptr) return 0;
  Real score = (*advantages)[static_cast<std::size_t>(row.b)];
  if (memory.baseline == nullptr) return score;
  const std::span<const Real>* scales = of_slot(memory.run.context->advantage_scales, memory);
  if (scales != nullptr) score -= (*scales)[static_cast<std::size_t>(row.b)] * memory.baseline[row.row];
  if (memory.grad_baseline != nullptr) memory.grad_baseline[row.row] -= 2 * score;
  return score;
}

}  // namespace fovea
