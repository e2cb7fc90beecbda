#include "framework/train/draws.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "framework/attention/estimator.h"
#include "framework/core/error.h"

namespace fovea {
namespace {

bool needs_one_choice(const EstimatorSlot& slot) { return EstimatorParts(*slot.estimator).traits.needs_one_choice; }

}  // namespace

Draws::Draws(const Graph& graph, Extent items) : items_(items), count_(graph.draws()) {
  const auto& estimators = graph.estimators();
  for (std::size_t slot = 0; slot < estimators.size(); ++slot) {
    if (estimators[slot].draws == count_ && estimators[leader_].draws != count_) leader_ = slot;
  }
  for (std::size_t slot = 0; slot < estimators.size(); ++slot) {
    const EstimatorSlot& one = estimators[slot];
    if (one.draws == 1 || slot == leader_) continue;
    const EstimatorSlot& leader = estimators[leader_];
    if (one.draws != count_) {
      throw Error(one.path, "all sites were expected to ask for the same number of draws; this one asks for " +
                                std::to_string(one.draws) + " and " + leader.path + " for " + std::to_string(count_) +
                                "; give their estimators equal options.");
    }
    if (needs_one_choice(one) || needs_one_choice(leader)) {
      throw Error(one.path, "an estimator that weighs the choices of one site was expected to be alone; " + leader.path +
                                " asks for several draws too; use reinforce(baseline=leave_one_out) at both.");
    }
  }
  const auto rows = static_cast<std::size_t>(this->rows());
  slots_.resize(estimators.size());
  for (Slot& slot : slots_) {
    slot.log_probs.resize(rows);
    slot.advantages.resize(rows);
    slot.scales.resize(rows);
  }
  costs_.resize(rows);
  weights_.assign(rows, Real(1));
  own_weights_.resize(rows);
}

void Draws::repeat(const Batch& from, Batch& to) const {
  for (const auto& [name, type] : from.types()) {
    const Tensor source = from.at(name);
    const Tensor target = to.make(name, {type.shape.with(0, rows()), type.kind});
    const std::size_t bytes = source.type.bytes() / static_cast<std::size_t>(items_);
    const auto* source_rows = static_cast<const std::byte*>(source.data);
    auto* rows_of_all = static_cast<std::byte*>(target.data);
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows()); ++row, rows_of_all += bytes) {
      std::memcpy(rows_of_all, source_rows + row / static_cast<std::size_t>(count_) * bytes, bytes);
    }
  }
}

void Draws::begin() {
  for (Slot& slot : slots_) std::fill(slot.log_probs.begin(), slot.log_probs.end(), Real(0));
}

void Draws::fill(OpContext& context, Extent first, Extent rows, Spans& spans) {
  spans.log_probs.clear();
  spans.advantages.clear();
  spans.scales.clear();
  const auto count = static_cast<std::size_t>(rows);
  for (Slot& slot : slots_) {
    spans.log_probs.emplace_back(slot.log_probs.data() + first, count);
    spans.advantages.emplace_back(slot.advantages.data() + first, count);
    spans.scales.emplace_back(slot.scales.data() + first, count);
  }
  context.draws = static_cast<std::uint32_t>(count_);
  context.log_probs = spans.log_probs;
  context.advantages = spans.advantages;
  context.advantage_scales = spans.scales;
}

void Draws::share_out(const Graph& graph, Real scale) {
  const auto& estimators = graph.estimators();
  const auto share = [&](std::size_t slot, std::span<Real> weights) {
    half_of<ScoreFunction>(*estimators[slot].estimator)
        ->share_out({costs_, slots_[slot].log_probs, count_}, {weights, slots_[slot].advantages});
  };
  if (!slots_.empty()) share(leader_, weights_);
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (slot != leader_) share(slot, own_weights_);
    // A site with one draw counts in each evaluation as much as that evaluation does.
    const bool follows = slot != leader_ && estimators[slot].draws == 1;
    const auto draws = static_cast<Real>(count_);
    for (std::size_t row = 0; row < weights_.size(); ++row) {
      const Real factor = follows ? scale * draws * weights_[row] : scale;
      slots_[slot].advantages[row] *= factor;
      slots_[slot].scales[row] = follows ? factor / draws : factor;  // `share_out` took 1 / draws of its cost
    }
  }
}

}  // namespace fovea
