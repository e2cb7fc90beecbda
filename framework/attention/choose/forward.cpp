#include "framework/attention/choose/forward.h"

#include <algorithm>
#include <array>
#include <limits>

#include "framework/attention/given.h"
#include "framework/attention/several_draws.h"
#include "framework/core/error.h"
#include "framework/core/registered.h"
#include "framework/core/span.h"
#include "framework/cpu/row_math.h"
#include "framework/ops/checks.h"

namespace fovea {
namespace {

constexpr Extent kRowsAtOnce = 16;  // that draw random numbers

}  // namespace

void ChooseForward::pass() {
  const ChooseExtents& e = memory_.e;
  counters_.scored_pairs = static_cast<std::uint64_t>(e.batch * e.queries * e.items);
  if (setup_.is_whole() && e.items > 0) {
    choose_whole();
  } else {
    choose_rows();
  }
  if (setup_.parts.has_values) read();
  if (setup_.parts.has_spread) spread();
  memory_.run.count(counters_);
}

void ChooseForward::choose_whole() {
  const ChooseExtents& e = memory_.e;
  const Extent rows = e.batch * e.queries;
  const bool draws = setup_.is_random() && memory_.run.context->mode != Mode::kEvaluate;
  std::fill_n(memory_.log_prob, rows, Real{0});
  if (!draws) return select_whole(0, rows, {});
  std::array<Rng, kRowsAtOnce> rngs;
  for (Extent b = 0; b < e.batch; ++b) {
    ChooseStreams streams(memory_.run, b);
    for (Extent m = 0; m < e.queries; m += kRowsAtOnce) {
      const Extent end = std::min(m + kRowsAtOnce, e.queries);
      for (Extent i = m; i < end; ++i) rngs[i - m] = streams.next().rng;
      select_whole(b * e.queries + m, b * e.queries + end, span_of(rngs.data(), end - m));
    }
  }
}

// Rows b M + m, from `begin` to `end`.
void ChooseForward::select_whole(Extent begin, Extent end, std::span<const Rng> rngs) const {
  const Selector::Rows rows = memory_.whole_rows(begin, end);
  const char* const function = setup_.selector.rows != nullptr ? "select_rows" : "select";
  try {
    select_rows(setup_.selector, rows, rngs);
  } catch (...) {
    throw caught_error(chooser(function));
  }
  const bool keeps_all = setup_.selector_traits.keeps_all;
  if (!is_thorough_ && setup_.selector.rows != nullptr && are_fair(rows, keeps_all)) return;
  const auto capacity = static_cast<std::size_t>(rows.capacity);
  for (Extent row = 0; row < rows.size(); ++row) {
    const auto first = static_cast<std::size_t>(row) * capacity;
    const GivenChoice given{rows.items_of(rows.scores, row), rows.counts[row], rows.kept.subspan(first, capacity),
                            rows.weights.subspan(first, capacity)};
    if (is_thorough_ || !is_fair(given, keeps_all)) expect_fair(given, keeps_all, chooser(function));
  }
}

void ChooseForward::choose_rows() {
  const ChooseExtents& e = memory_.e;
  for (Extent b = 0; b < e.batch; ++b) {
    ChooseStreams streams(memory_.run, b);
    Draw draw;
    for (Extent m = 0; m < e.queries; ++m) {
      if (setup_.needs_streams()) draw = streams.next();
      choose_row(memory_.row(b, m), draw);
    }
  }
}

void ChooseForward::choose_row(const ChooseRow& row, const Draw& draw) {
  const Extent capacity = memory_.e.capacity;
  Real* weights = memory_.weights + row.row * capacity;
  Index* kept = memory_.kept + row.row * capacity;
  Choice choice = memory_.choice(row, span_of(kept, capacity));
  const bool counts = row.items.empty() || choose(row.scores, draw, choice);
  const GivenChoice given{row.scores, choice.count, choice.kept, choice.weights};
  const bool keeps_all = setup_.selector_traits.keeps_all && !is_by_estimator();
  if (is_thorough_ || !is_fair(given, keeps_all)) {
    if (counts) expect_fair(given, keeps_all, chooser(is_by_estimator() ? "choose" : "select"));
    if (!counts) choice.count = 0;  // it may hold anything
  }
  if (counts && is_drawn(draw) && !row.items.empty()) counters_.draw(static_cast<double>(choice.log_prob));
  if (Real* total = log_prob_of(row.b)) {
    *total += counts ? choice.log_prob : -std::numeric_limits<Real>::infinity();
  }
  for (Extent k = 0; !memory_.is_full(row) && k < choice.count; ++k) kept[k] = row.items[kept[k]];
  std::fill(weights + choice.count, weights + capacity, Real{0});
  std::fill(kept + choice.count, kept + capacity, Index{-1});
  memory_.count[row.row] = static_cast<Index>(choice.count);
  memory_.log_prob[row.row] = choice.log_prob;
}

// False: the draw has no choice.
bool ChooseForward::choose(ConstRow scores, const Draw& draw, Choice& choice) const {
  const OpRun& run = memory_.run;
  const bool is_evaluation = run.context != nullptr && run.context->mode == Mode::kEvaluate;
  const bool is_greedy = is_evaluation && setup_.is_random();
  try {
    if (is_greedy) {
      setup_.selector.random->select_greedy(scores, draw.rng, choice);
    } else if (is_by_estimator()) {
      return setup_.estimator.several_draws->choose(setup_.selector, scores, draw, choice);
    } else {
      setup_.selector->select(scores, draw.rng, choice);
    }
  } catch (...) {
    throw caught_error(chooser(is_greedy ? "select_greedy" : is_by_estimator() ? "choose" : "select"));
  }
  return true;
}

bool ChooseForward::is_by_estimator() const {
  const OpRun& run = memory_.run;
  const bool is_evaluation = run.context != nullptr && run.context->mode == Mode::kEvaluate;
  return !is_evaluation && setup_.estimator.several_draws != nullptr;
}

// By its probability, so that its log-probability tells of the entropy of what it was drawn from.
bool ChooseForward::is_drawn(const Draw& draw) const {
  const OpContext* context = memory_.run.context;
  if (context == nullptr || context->mode != Mode::kTrain || setup_.selector.sampled == nullptr) return false;
  const SeveralDraws* several = setup_.estimator.several_draws;
  return several == nullptr || (draw.index == 0 && several->first_is_drawn());
}

// Whose function made a choice, for errors.
std::string ChooseForward::chooser(const char* function) const {
  return (is_by_estimator() ? registered(*setup_.parts.estimator) : registered(*setup_.parts.selector)) + ", " + function;
}

// Where the log-probabilities of the choices of a batch element are added up; null: not wanted.
Real* ChooseForward::log_prob_of(Extent b) const {
  if (setup_.parts.advantage_slot < 0 || memory_.run.context == nullptr) return nullptr;
  const auto& all = memory_.run.context->log_probs;
  const auto slot = static_cast<std::size_t>(setup_.parts.advantage_slot);
  return slot < all.size() && static_cast<std::size_t>(b) < all[slot].size() ? &all[slot][b] : nullptr;
}

// read_m = sum_k w_mk values[kept_mk]     weights [M, K], values [N, V], read [M, V]
void ChooseForward::read() {
  const ChooseExtents& e = memory_.e;
  const auto width = static_cast<std::size_t>(e.width);
  for (Extent b = 0; b < e.batch; ++b) {
    if (setup_.reads_by_product()) {
      memory_.plan.read()(memory_.dense_weights_of(b), memory_.value(b, 0), memory_.read + b * e.queries * e.width);
      counters_.gathered_rows += static_cast<std::uint64_t>(e.queries * e.items);
      continue;
    }
    for (Extent row = b * e.queries; row < (b + 1) * e.queries; ++row) {
      const std::span<Real> out{memory_.read + row * e.width, width};
      std::fill(out.begin(), out.end(), Real{0});
      for (Extent k = 0; k < memory_.count[row]; ++k) {
        const Real weight = memory_.weights[row * e.capacity + k];
        cpu::add_scaled(weight, {memory_.value(b, memory_.kept[row * e.capacity + k]), width}, out);
      }
      counters_.gathered_rows += static_cast<std::uint64_t>(memory_.count[row]);
    }
  }
}

void ChooseForward::spread() {
  const ChooseExtents& e = memory_.e;
  Real* all = memory_.run.out[choose::kSpread].real();
  std::fill_n(all, e.batch * e.queries * e.items, Real{0});
  for (Extent row = 0; row < e.batch * e.queries; ++row) {
    for (Extent k = 0; k < memory_.count[row]; ++k) {
      all[row * e.items + memory_.kept[row * e.capacity + k]] = memory_.weights[row * e.capacity + k];
    }
  }
}

}  // namespace fovea
