#include "framework/attention/choose/backward.h"

#include <algorithm>

#include "framework/attention/several_draws.h"
#include "framework/core/error.h"
#include "framework/core/registered.h"
#include "framework/cpu/row_math.h"

namespace fovea {

void ChooseBackward::pass() {
  try {
    pull();
  } catch (...) {
    throw caught_error(registered(*setup_.parts.selector) + " with " + registered(*setup_.parts.estimator));
  }
}

void ChooseBackward::pull() {
  const OpRun& run = memory_.run;
  const ChooseExtents& e = memory_.e;
  if (e.items == 0) return;
  const bool is_pulled_whole = setup_.is_whole() && setup_.estimator.traits.needs_derivative;
  if (run.wants(0) && is_pulled_whole && (setup_.reads_by_product() || !setup_.parts.has_values)) {
    pull_whole();
  } else if (memory_.wants_choice() && setup_.estimator.whole_items != nullptr) {
    pull_items();
  } else if (memory_.wants_choice()) {
    for (Extent b = 0; b < e.batch; ++b) pull_rows(b);
  }
  if (setup_.parts.has_penalty && memory_.of_pattern.is_wanted) pull_penalty();
  const bool wants_values = setup_.parts.has_values && run.wants(setup_.inputs.values);
  for (Extent b = 0; wants_values && b < e.batch; ++b) pull_values(b);
  run.count(counters_);
}

void ChooseBackward::pull_whole() {
  const ChooseExtents& e = memory_.e;
  const auto pull = [&](Extent begin, Extent end, const Real* grad_weights) {
    const Selector::Rows rows = memory_.whole_rows(begin, end);
    backward_rows(setup_.selector, rows,
                  {.weights = {grad_weights, rows.weights.size()},
                   .scores = {memory_.run.grad_in[0].real() + begin * e.items, rows.scores.size()},
                   .assigns = memory_.run.assigns(0)});
  };
  const Real* grad_weights = memory_.run.grad_out[choose::kWeights].real();
  if (!setup_.parts.has_values) return pull(0, e.batch * e.queries, grad_weights);
  const auto block = static_cast<std::size_t>(e.queries * e.items);
  for (Extent b = 0; b < e.batch; ++b) {
    pull_weights_by_product(b);
    cpu::add({grad_weights + b * e.queries * e.items, block}, {memory_.dense_grad_weights, block});
    pull(b * e.queries, (b + 1) * e.queries, memory_.dense_grad_weights);
    counters_.gathered_rows_backward += block;
  }
}

// read = weights values  =>  grad_weights = grad_read values^T     [M, V] [N, V] -> [M, N]
void ChooseBackward::pull_weights_by_product(Extent b) {
  const ChooseExtents& e = memory_.e;
  memory_.plan.grad_weights()(memory_.grad_read() + b * e.queries * e.width, memory_.value(b, 0),
                              memory_.dense_grad_weights);
}

// Costs are averaged over the batch: what is asked for once per batch belongs to its first row, and to the first step of a
// loop.
void ChooseBackward::pull_penalty() {
  const OpRun& run = memory_.run;
  if (run.context == nullptr || run.context->first_row != 0 || run.time != 0) return;
  memory_.plan.pull_penalty(memory_.asked(0, 0));
}

void ChooseBackward::pull_rows(Extent b) {
  const ChooseExtents& e = memory_.e;
  const bool reads = setup_.parts.has_values && setup_.estimator.path != nullptr;
  const bool by_product = reads && memory_.dense_grad_weights != nullptr;
  if (by_product) pull_weights_by_product(b);
  if (by_product) counters_.gathered_rows_backward += static_cast<std::uint64_t>(e.queries * e.items);
  ChooseStreams streams(memory_.run, b);
  Draw draw;
  for (Extent m = 0; m < e.queries; ++m) {
    if (setup_.needs_streams()) draw = streams.next();
    const ChooseRow row = memory_.row(b, m);
    const Extent kept = memory_.count[row.row];
    if (memory_.run.wants(0) && memory_.run.assigns(0))
      std::fill_n(memory_.run.grad_in[0].real() + row.row * e.items, e.items, Real{0});
    if (kept == 0) continue;
    if (reads && !by_product) {
      counters_.gathered_rows_backward += static_cast<std::uint64_t>(setup_.estimator.reads_all() ? row.items.size() : kept);
    }
    pull_row(row, draw);
  }
}

void ChooseBackward::pull_row(const ChooseRow& row, const Draw& draw) {
  const bool is_full = memory_.is_full(row);
  const Choice choice = memory_.made_choice(row, memory_.places);
  const std::size_t allowed = row.items.size();
  const bool wants_scores = memory_.run.wants(0);
  Real* grad_all = wants_scores ? memory_.run.grad_in[0].real() + row.row * memory_.e.items : nullptr;
  const bool is_direct = is_full && wants_scores && !memory_.plan.has_bias();
  const Row grad_scores{is_direct ? grad_all : memory_.row_grad_scores, allowed};
  if (!is_direct) std::fill(grad_scores.begin(), grad_scores.end(), Real{0});
  if (setup_.estimator.path != nullptr) {
    setup_.estimator.path->through_choice(setup_.selector, row.scores, choice, draw, grad_weights(row, choice), grad_scores);
  }
  if (setup_.selector.sampled != nullptr) {
    const Real factor = memory_.run.grad_out[choose::kLogProb].real()[row.row];
    const Real score = advantage(row);
    if (factor != 0) setup_.selector.sampled->log_prob_backward(row.scores, choice, factor, grad_scores);
    if (score != 0) pull_log_prob(row, choice, draw, score, grad_scores);
  }
  if (!is_direct) give_grad_scores(row, grad_scores);
}

void ChooseBackward::pull_log_prob(const ChooseRow& row, const Choice& choice, const Draw& draw, Real score,
                                   Row grad_scores) const {
  if (setup_.estimator.several_draws != nullptr) {
    setup_.estimator.several_draws->pull_log_prob(setup_.selector, row.scores, choice, draw, score, grad_scores);
  } else {
    setup_.selector.sampled->log_prob_backward(row.scores, choice, score, grad_scores);
  }
}

void ChooseBackward::give_grad_scores(const ChooseRow& row, ConstRow grad_scores) {
  if (memory_.run.wants(0)) {
    Real* grad_all = memory_.run.grad_in[0].real() + row.row * memory_.e.items;
    for (std::size_t i = 0; i < grad_scores.size(); ++i) grad_all[row.items[i]] += grad_scores[i];
  }
  if (memory_.of_pattern.is_wanted) memory_.plan.pull_bias(memory_.asked(row.b, row.m), row.items, grad_scores);
}

// The gradient with respect to the weights: of the kept places [count], or of every place [n] for dense estimators.
ConstRow ChooseBackward::grad_weights(const ChooseRow& row, const Choice& choice) const {
  const ChooseExtents& e = memory_.e;
  const bool is_dense = setup_.estimator.reads_all();
  const std::size_t wanted = is_dense ? row.items.size() : choice.kept.size();
  const Row grad{memory_.row_grad_weights, wanted};
  const Real* grad_kept = memory_.run.grad_out[choose::kWeights].real() + row.row * e.capacity;
  if (!is_dense && !setup_.parts.has_values && !setup_.parts.has_spread) return {grad_kept, wanted};
  const auto width = static_cast<std::size_t>(e.width);
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::size_t place = is_dense ? i : static_cast<std::size_t>(choice.kept[i]);
    const Index item = row.items[place];
    grad[i] = is_dense ? Real{0} : grad_kept[i];
    if (setup_.parts.has_spread) grad[i] += memory_.run.grad_out[choose::kSpread].real()[row.row * e.items + item];
    if (!setup_.parts.has_values) continue;
    if (memory_.dense_grad_weights != nullptr) {
      grad[i] += memory_.dense_grad_weights[row.m * e.items + item];
    } else {
      grad[i] += cpu::dot({memory_.grad_read() + row.row * e.width, width}, {memory_.value(row.b, item), width});
    }
  }
  for (std::size_t k = 0; is_dense && k < choice.kept.size(); ++k) {
    grad[choice.kept[k]] += grad_kept[k];
  }
  return grad;
}

// read_m = sum_k w_mk values[kept_mk]  =>  grad_values[kept_mk] += w_mk grad_read_m
void ChooseBackward::pull_values(Extent b) {
  const ChooseExtents& e = memory_.e;
  Real* grad_values = memory_.run.grad_in[setup_.inputs.values].real() + b * e.items * e.width;
  const Real* grad = memory_.grad_read() + b * e.queries * e.width;
  // Rows that the gradient of the weights has touched are not counted twice.
  const bool reads = setup_.estimator.path != nullptr || setup_.estimator.whole_items != nullptr;
  const bool is_counted = memory_.wants_choice() && reads;
  if (setup_.reads_by_product()) {
    memory_.plan.grad_values()(memory_.dense_weights_of(b), grad, grad_values);
    if (!is_counted) counters_.gathered_rows_backward += static_cast<std::uint64_t>(e.queries * e.items);
    return;
  }
  const auto width = static_cast<std::size_t>(e.width);
  for (Extent m = 0; m < e.queries; ++m) {
    const Extent row = b * e.queries + m;
    for (Extent k = 0; k < memory_.count[row]; ++k) {
      const Index item = memory_.kept[row * e.capacity + k];  // add: several queries may keep one item
      cpu::add_scaled(memory_.weights[row * e.capacity + k], {grad + m * e.width, width},
                      {grad_values + item * e.width, width});
    }
    if (!is_counted) counters_.gathered_rows_backward += static_cast<std::uint64_t>(memory_.count[row]);
  }
}

const std::span<const Real>* ChooseBackward::of_slot(std::span<const std::span<const Real>> all) const {
  const auto slot = static_cast<std::size_t>(setup_.parts.advantage_slot);
  if (setup_.parts.advantage_slot < 0 || slot >= all.size() || all[slot].empty()) return nullptr;
  if (static_cast<Extent>(all[slot].size()) != memory_.e.batch) {
    throw Error("an advantage for each of " + std::to_string(memory_.e.batch) + " rows was expected; " +
                std::to_string(all[slot].size()) + " came; keep the batch as the first axis of a site that samples.");
  }
  return &all[slot];
}

// a = scale (cost - baseline), and the baseline learns by scale (cost - baseline)^2  =>  grad_baseline -= 2 a
Real ChooseBackward::advantage(const ChooseRow& row) const {
  const std::span<const Real>* advantages = of_slot(memory_.run.context->advantages);
  if (advantages == nullptr) return 0;
  Real score = (*advantages)[row.b];
  if (memory_.baseline == nullptr) return score;
  const std::span<const Real>* scales = of_slot(memory_.run.context->advantage_scales);
  if (scales != nullptr) score -= (*scales)[row.b] * memory_.baseline[row.row];
  if (memory_.grad_baseline != nullptr) memory_.grad_baseline[row.row] -= 2 * score;
  return score;
}

}  // namespace fovea
