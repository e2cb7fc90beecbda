#include "framework/attention/choose/choose_op.h"

#include <algorithm>
#include <array>
#include <limits>

#include "framework/attention/choose/memory.h"
#include "framework/core/error.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

constexpr Extent kRowsAtOnce = 16;  // that draw random numbers

void expect(bool holds, const std::string& input, const std::string& expected, const Type& came) {
  if (holds) return;
  throw Error(input + " " + expected + " were expected; " + (came.kind == Kind::kReal ? "Real " : "Index ") +
              came.shape.text() + " came; reshape or convert them.");
}

}  // namespace

ChooseInputs::ChooseInputs(const ChooseParts& parts) {
  std::size_t next = 1;
  if (parts.has_mask) mask = next++;
  if (parts.has_values) values = next++;
  tags = next;
  tag_count = 2 * taggers_of(*parts.pattern).size();
  next += tag_count;
  if (parts.has_baseline) baseline = next++;
  pattern = next;
  pattern_count = parts.pattern_parameters;
  selector = next + pattern_count;
  selector_count = parts.selector_parameters;
  estimator = selector + selector_count;
  estimator_count = parts.estimator_parameters;
}

ChooseOp::ChooseOp(ChooseParts parts)
    : parts_(std::move(parts)),
      inputs_(parts_),
      selector_traits_(parts_.selector->traits()),
      estimator_traits_(parts_.estimator->traits()) {}

ChooseExtents ChooseOp::extents(std::span<const Type> in) const {
  const Shape& scores = in[0].shape;
  const Extent width = parts_.has_values ? in[inputs_.values].shape[2] : 0;
  ChooseExtents extents{scores[0], scores[1], scores[2], 0, width, 0};
  const auto make_room = [&](const Selector& selector) {
    extents.capacity = std::max(extents.capacity, parts_.estimator->capacity(selector, scores[2]));
    extents.scratch = std::max(extents.scratch, scratch_of(selector, scores[2]));
  };
  if (parts_.extremes.empty()) make_room(*parts_.selector);
  for (const auto& extreme : parts_.extremes) make_room(*extreme);
  return extents;
}

std::vector<Type> ChooseOp::infer(std::span<const Type> in) const {
  const Type& scores = in[0];
  expect(scores.kind == Kind::kReal && scores.shape.rank() == 3, "scores", "[B, M, N]", scores);
  const Extent b = scores.shape[0];
  const Extent m = scores.shape[1];
  const Extent n = scores.shape[2];
  if (parts_.has_mask) {
    const Type& mask = in[inputs_.mask];
    const bool fits = mask.shape == Shape{b, n} || mask.shape == Shape{b, m, n};
    expect(mask.kind == Kind::kIndex && fits, "mask Index", Shape{b, n}.text() + " or " + Shape{b, m, n}.text(), mask);
  }
  if (parts_.has_values) {
    const Type& values = in[inputs_.values];
    const bool fits = values.shape.rank() == 3 && values.shape[0] == b && values.shape[1] == n && values.shape[2] > 0;
    expect(values.kind == Kind::kReal && fits, "values",
           "[B, N, V] with B = " + std::to_string(b) + " and N = " + std::to_string(n), values);
  }
  expect_tags(in);
  if (parts_.has_baseline) {
    const Type& baseline = in[inputs_.baseline];
    expect(baseline.kind == Kind::kReal && baseline.shape == Shape{b, m}, "baseline", Shape{b, m}.text(), baseline);
  }
  const ChooseExtents e = extents(in);
  std::vector<Type> types{
      {{b, m, e.capacity}, Kind::kReal}, {{b, m, e.capacity}, Kind::kIndex}, {{b, m}, Kind::kIndex}, {{b, m}, Kind::kReal}};
  if (parts_.has_values) types.push_back({{b, m, e.width}, Kind::kReal});
  if (parts_.has_spread) types.push_back({{b, m, n}, Kind::kReal});
  return types;
}

void ChooseOp::expect_tags(std::span<const Type> in) const {
  const Shape& scores = in[0].shape;
  std::size_t at = inputs_.tags;
  for (const Pattern* tagger : taggers_of(*parts_.pattern)) {
    for (const int axis : {1, 2}) {
      const Shape expected{scores[0], scores[axis], tagger->tag_count()};
      const Type came = at < in.size() ? in[at] : Type{};
      expect(came.kind == Kind::kIndex && came.shape == expected, "tags Index", expected.text(), came);
      ++at;
    }
  }
}

std::vector<Type> ChooseOp::workspace(std::span<const Type> in) const {
  const bool is_dense = parts_.pattern->is_dense();
  const ChooseExtents e = extents(in);
  return ChooseMemory::workspace(e, {.dense_weights = is_dense && (reads_by_product() || has_dense_gradient()),
                                     .buffers = !is_dense && parts_.pattern->reads_data(),
                                     .item_draws = item_draws(e.items),
                                     .item_scratch = parts_.estimator->item_scratch(e.items, e.width)});
}

std::shared_ptr<const Prepared> ChooseOp::prepare(std::span<const Type> in) const {
  return std::make_shared<ChoosePlan>(extents(in), *parts_.pattern, parts_.products);
}

double ChooseOp::multiply_adds(std::span<const Type> in) const {
  const ChooseExtents e = extents(in);
  return static_cast<double>(e.batch * e.queries * e.capacity) * static_cast<double>(e.width);
}

void ChooseOp::forward(const OpRun& run) const {
  const ChooseMemory memory(run, inputs_);
  const ChooseExtents& e = memory.e;
  Counters counters;
  counters.scored_pairs = static_cast<std::uint64_t>(e.batch * e.queries * e.items);
  if (is_whole() && e.items > 0) {
    choose_whole(memory);
  } else {
    for (Extent b = 0; b < e.batch; ++b) {
      ChooseStreams streams(run, b);
      Draw draw;
      for (Extent m = 0; m < e.queries; ++m) {
        if (needs_streams()) draw = streams.next();
        choose_row(memory, memory.row(b, m), draw);
      }
    }
  }
  if (parts_.has_values) read(memory, counters);
  if (parts_.has_spread) spread(memory);
  run.count(counters);
}

void ChooseOp::spread(const ChooseMemory& memory) const {
  const ChooseExtents& e = memory.e;
  Real* all = memory.run.out[kSpread].real();
  std::fill_n(all, e.batch * e.queries * e.items, Real{0});
  for (Extent row = 0; row < e.batch * e.queries; ++row) {
    for (Extent k = 0; k < memory.count[row]; ++k) {
      all[row * e.items + memory.kept[row * e.capacity + k]] = memory.weights[row * e.capacity + k];
    }
  }
}

// Rows b M + m, from `begin` to `end`.
Selector::Rows ChooseOp::whole_rows(const ChooseMemory& memory, Extent begin, Extent end) const {
  const ChooseExtents& e = memory.e;
  const auto rows = static_cast<std::size_t>(end - begin);
  const std::size_t places = rows * static_cast<std::size_t>(e.capacity);
  return {.items = e.items,
          .capacity = e.capacity,
          .scores = {memory.scores + begin * e.items, rows * static_cast<std::size_t>(e.items)},
          .weights = {memory.weights + begin * e.capacity, places},
          .kept = {memory.kept + begin * e.capacity, places},
          .counts = {memory.count + begin, rows},
          .scratch = memory.scratch_row()};
}

void ChooseOp::choose_whole(const ChooseMemory& memory) const {
  const ChooseExtents& e = memory.e;
  const Extent rows = e.batch * e.queries;
  const bool draws = is_random() && memory.run.context->mode != Mode::kEvaluate;
  std::fill_n(memory.log_prob, rows, Real{0});
  if (!draws) return parts_.selector->select_rows(whole_rows(memory, 0, rows), {});
  std::array<Rng, kRowsAtOnce> rngs;
  for (Extent b = 0; b < e.batch; ++b) {
    ChooseStreams streams(memory.run, b);
    for (Extent m = 0; m < e.queries; m += kRowsAtOnce) {
      const Extent end = std::min(m + kRowsAtOnce, e.queries);
      for (Extent i = m; i < end; ++i) rngs[static_cast<std::size_t>(i - m)] = streams.next().rng;
      parts_.selector->select_rows(whole_rows(memory, b * e.queries + m, b * e.queries + end),
                                   {rngs.data(), static_cast<std::size_t>(end - m)});
    }
  }
}

void ChooseOp::choose_row(const ChooseMemory& memory, const ChooseRow& row, const Draw& draw) const {
  const Extent capacity = memory.e.capacity;
  Real* weights = memory.weights + row.row * capacity;
  Index* kept = memory.kept + row.row * capacity;
  Choice choice = memory.choice(row, {kept, static_cast<std::size_t>(capacity)});
  bool counts = true;
  if (!row.items.empty()) {
    const bool is_evaluation = memory.run.context != nullptr && memory.run.context->mode == Mode::kEvaluate;
    if (is_evaluation && is_random()) {
      parts_.selector->select_greedy(row.scores, draw.rng, choice);
    } else if (is_evaluation) {
      parts_.selector->select(row.scores, draw.rng, choice);
    } else {
      counts = parts_.estimator->choose(*parts_.selector, row.scores, draw, choice);
    }
  }
  if (Real* total = log_prob_of(memory, row.b)) {
    *total += counts ? choice.log_prob : -std::numeric_limits<Real>::infinity();
  }
  for (Extent k = 0; !memory.is_full(row) && k < choice.count; ++k) kept[k] = row.items[static_cast<std::size_t>(kept[k])];
  std::fill(weights + choice.count, weights + capacity, Real{0});
  std::fill(kept + choice.count, kept + capacity, Index{-1});
  memory.count[row.row] = static_cast<Index>(choice.count);
  memory.log_prob[row.row] = choice.log_prob;
}

// Where the log-probabilities of the choices of a batch element are added up; null: nobody asks.
Real* ChooseOp::log_prob_of(const ChooseMemory& memory, Extent b) const {
  if (parts_.advantage_slot < 0 || memory.run.context == nullptr) return nullptr;
  const auto& all = memory.run.context->log_probs;
  const auto slot = static_cast<std::size_t>(parts_.advantage_slot);
  return slot < all.size() && static_cast<std::size_t>(b) < all[slot].size() ? &all[slot][static_cast<std::size_t>(b)]
                                                                             : nullptr;
}

// read_m = sum_k w_mk values[kept_mk]     weights [M, K], values [N, V], read [M, V]
void ChooseOp::read(const ChooseMemory& memory, Counters& counters) const {
  const ChooseExtents& e = memory.e;
  const auto width = static_cast<std::size_t>(e.width);
  for (Extent b = 0; b < e.batch; ++b) {
    if (reads_by_product()) {
      memory.plan.read()(memory.dense_weights_of(b), memory.value(b, 0), memory.read + b * e.queries * e.width);
      counters.gathered_rows += static_cast<std::uint64_t>(e.queries * e.items);
      continue;
    }
    for (Extent row = b * e.queries; row < (b + 1) * e.queries; ++row) {
      const std::span<Real> out{memory.read + row * e.width, width};
      std::fill(out.begin(), out.end(), Real{0});
      for (Extent k = 0; k < memory.count[row]; ++k) {
        const Real weight = memory.weights[row * e.capacity + k];
        cpu::add_scaled(weight, {memory.value(b, memory.kept[row * e.capacity + k]), width}, out);
      }
      counters.gathered_rows += static_cast<std::uint64_t>(memory.count[row]);
    }
  }
}

}  // namespace fovea
