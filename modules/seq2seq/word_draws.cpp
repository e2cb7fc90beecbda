#include "modules/seq2seq/word_draws.h"

#include <algorithm>
#include <limits>

#include "framework/attention/several_draws.h"
#include "framework/core/error.h"
#include "framework/core/span.h"
#include "framework/core/text.h"
#include "framework/ops/signature.h"

namespace fovea::seq2seq {
namespace {

/// A selector and an estimator, made from their texts.
struct Parts {
  explicit Parts(const WordDraws& texts)
      : selector(Registry<Selector>::instance().parse(texts.selector)),
        estimator(Registry<Estimator>::instance().parse(texts.estimator)),
        choice(*selector.plugin),
        several(half_of<SeveralDraws>(*estimator.plugin)) {}

  Extent draws(Extent items) const { return items == 0 ? 0 : several->draws(choice, items); }

  Made<Selector> selector;
  Made<Estimator> estimator;
  SelectorParts choice;
  SeveralDraws* several;
};

/// What a step of training shares out with: an estimator is not const, and shards run side by side.
struct PartsState final : OpState {
  explicit PartsState(const WordDraws& texts) : parts(texts) {}
  Parts parts;
};

/// The draws of the words of one row of the batch, in their order.
class Streams {
 public:
  Streams(const OpRun& run, Extent b, Extent draws) : base_(run.rng(b)), stream_(run.stream), draws_(draws) {}

  void next_word() {
    shared_ = next();
    index_ = 0;
  }
  Draw next_draw() { return {index_++, draws_, next(), shared_}; }

 private:
  Rng next() {
    const std::uint64_t high = base_.bits();
    return Rng({.seed = (high << 32U) | base_.bits(), .stream = stream_});
  }

  Rng base_;
  Rng shared_;
  std::uint32_t stream_;
  Extent draws_;
  Extent index_ = 0;
};

/// What both ops know, and the allowed items of a row. Inputs: scores, then a mask where `has_mask`.
class DrawsOp : public Op {
 public:
  DrawsOp(WordDraws texts, bool has_mask) : texts_(std::move(texts)), has_mask_(has_mask), parts_(texts_) {}

  std::shared_ptr<OpState> make_state(std::span<const Type> /*in*/) const override {
    return std::make_shared<PartsState>(texts_);
  }
  std::vector<Type> workspace(std::span<const Type> in) const override {
    const Extent items = in[0].shape.last();
    const Type row{{items}, Kind::kReal};
    return {{{items}, Kind::kIndex}, row, row, Type{{scratch_of(*parts_.choice, items)}, Kind::kReal}};
  }

 protected:
  /// The items of batch element b that are allowed, and the scores of these.
  struct Row {
    std::span<Index> items;
    fovea::Row scores;
    fovea::Row grad_scores;
    fovea::Row scratch;
  };
  Row row_of(const OpRun& run, Extent b, const Real* scores, std::size_t mask) const {
    const Extent items = run.in[0].shape()[2];
    const Index* allowed = has_mask_ ? run.in[mask].index() + b * items : nullptr;
    Index* places = run.workspace[0].index();
    Real* kept = run.workspace[1].real();
    Extent count = 0;
    for (Extent n = 0; n < items; ++n) {
      if (allowed != nullptr && allowed[n] == 0) continue;
      places[count] = static_cast<Index>(n);
      kept[count++] = scores[n];
    }
    return {span_of(places, count), span_of(kept, count), span_of(run.workspace[2].real(), count),
            span_of(run.workspace[3].real(), run.workspace[3].size())};
  }
  void expect_mask(const Type& mask, const Shape& scores) const {
    require_index(name(), mask, "mask");
    if (mask.shape == Shape{scores[0], scores[2]}) return;
    reject(name(), "a mask [B, N] of scores " + scores.text() + " was expected; " + mask.shape.text() + " came; give that.");
  }

  WordDraws texts_;
  bool has_mask_;
  Parts parts_;
};

class DrawItemsOp final : public DrawsOp {
 public:
  using DrawsOp::DrawsOp;
  std::string_view name() const override { return "draw_items"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, has_mask_ ? 2 : 1);
    const Signature types(name(), in.first(1), {"scores [B, M, N]"});
    if (has_mask_) expect_mask(in[1], in[0].shape);
    const Shape drawn{types["B"], types["M"], parts_.draws(types["N"])};
    return {{drawn, Kind::kIndex}, {drawn, Kind::kReal}};
  }

  void forward(const OpRun& run) const override {
    const Shape& drawn = run.out[0].shape();
    const Extent items = run.in[0].shape()[2];
    for (Extent b = 0; b < drawn[0]; ++b) {
      Streams streams(run, b, drawn[2]);
      for (Extent m = 0; m < drawn[1]; ++m) {
        const Extent word = b * drawn[1] + m;
        const Row row = row_of(run, b, run.in[0].real() + word * items, 1);
        streams.next_word();
        for (Extent r = 0; r < drawn[2]; ++r) draw(row, streams.next_draw(), run, word * drawn[2] + r);
      }
    }
    run.count({.scored_pairs = static_cast<std::uint64_t>(run.in[0].size()),
               .gathered_rows = static_cast<std::uint64_t>(run.out[0].size())});
  }

 private:
  void draw(const Row& row, const Draw& which, const OpRun& run, Extent place) const {
    Index kept = -1;
    Real weight = 0;
    Choice choice{{&weight, 1}, {&kept, 1}, 0, 0, row.scratch};
    const bool counts = !row.items.empty() && parts_.several->choose(parts_.choice, row.scores, which, choice);
    run.out[0].index()[place] = counts ? row.items[static_cast<std::size_t>(kept)] : Index{-1};
    run.out[1].real()[place] = counts ? choice.log_prob : -std::numeric_limits<Real>::infinity();
  }
};

class DrawnCostOp final : public DrawsOp {
 public:
  using DrawsOp::DrawsOp;
  std::string_view name() const override { return "drawn_cost"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, has_mask_ ? 5 : 4);
    const Signature types(name(), in.first(4),
                          {"scores [B, M, N]", "costs [B, M, R]", "kept Index [B, M, R]", "log_probs [B, M, R]"});
    if (has_mask_) expect_mask(in[4], in[0].shape);
    return {types.type("[B, M]")};
  }
  std::vector<Type> scratch(std::span<const Type> in) const override { return {in[1], in[1]}; }  // weights, advantages

  // cost = sum_r weight_r cost_r; a draw without a choice has weight 0
  void forward(const OpRun& run) const override {
    const Extent draws = run.in[1].shape()[2];
    const Extent size = run.in[1].size();
    const auto of = [size](const Tensor& tensor) { return span_of(tensor.real(), size); };
    SeveralDraws& several = *static_cast<PartsState*>(run.state)->parts.several;
    if (size > 0) several.share_out({of(run.in[1]), of(run.in[3]), draws}, {of(run.scratch[0]), of(run.scratch[1])});
    for (Extent word = 0; word < run.out[0].size(); ++word) {
      Real sum = 0;
      for (Extent r = word * draws; r < (word + 1) * draws; ++r) sum += run.scratch[0].real()[r] * run.in[1].real()[r];
      run.out[0].real()[word] = sum;
    }
  }

  // grad_cost_r += g weight_r, grad_scores += g advantage_r d log p_r / d scores
  void backward(const OpRun& run) const override {
    const Shape& costs = run.in[1].shape();
    const Extent items = run.in[0].shape()[2];
    for (Extent word = 0; word < run.out[0].size(); ++word) {
      const Row row = row_of(run, word / costs[1], run.in[0].real() + word * items, 4);
      std::fill(row.grad_scores.begin(), row.grad_scores.end(), Real(0));
      for (Extent r = 0; r < costs[2]; ++r) pull(run, row, word, r);
      if (!run.wants(0)) continue;
      for (std::size_t i = 0; i < row.items.size(); ++i) {
        run.grad_in[0].real()[word * items + row.items[i]] += row.grad_scores[i];
      }
    }
  }

  BackwardReads backward_reads() const override { return {.inputs = 0b10101, .outputs = 0}; }

 private:
  void pull(const OpRun& run, const Row& row, Extent word, Extent draw) const {
    const Extent draws = run.in[1].shape()[2];
    const Extent place = word * draws + draw;
    const Index item = run.in[2].index()[place];
    if (item < 0) return;
    const Real factor = run.grad_out[0].real()[word];
    if (run.wants(1)) run.grad_in[1].real()[place] += factor * run.scratch[0].real()[place];
    if (!run.wants(0)) return;
    auto kept = static_cast<Index>(std::lower_bound(row.items.begin(), row.items.end(), item) - row.items.begin());
    Real weight = 1;
    Choice choice{{&weight, 1}, {&kept, 1}, 1, 0, row.scratch};
    const Real advantage = factor * run.scratch[1].real()[place];
    parts_.choice.sampled->log_prob_backward(row.scores, choice, advantage, row.grad_scores);
  }
};

}  // namespace

void WordDraws::check() const {
  const Parts parts(*this);
  const std::string problem = misfit(*parts.selector.plugin, selector, *parts.estimator.plugin, estimator);
  if (!problem.empty()) throw Error("draws", problem + "; use 'sample | unordered_set'.");
  const EstimatorParts way(*parts.estimator.plugin);
  const bool keeps_one_item =
      parts.choice.sampled != nullptr && way.several_draws != nullptr && way.several_draws->capacity(parts.choice, 9) == 1;
  const bool is_plain = way.path == nullptr && !way.traits.needs_two_items;
  if (keeps_one_item && is_plain && parts.draws(2) > 1) return;
  throw Error("draws", "a selector that samples one item and an estimator that takes several draws were expected; " +
                           in_quotes(selector + " | " + estimator) + " came; use 'sample | unordered_set'.");
}

DrawnItems draw_items(Value scores, Value mask, const WordDraws& draws, At at) {
  draws.check();
  std::vector<Value> inputs{scores};
  if (!mask.is_empty()) inputs.push_back(mask);
  const auto op = std::make_shared<DrawItemsOp>(draws, !mask.is_empty());
  const std::vector<Value> out = innermost(inputs, at).add_all(op, inputs, "", at);
  return {out[0], out[1]};
}

// NOLINTNEXTLINE(readability-function-size): the operands of one op
Value drawn_cost(Value scores, Value mask, const DrawnItems& drawn, Value costs, const WordDraws& draws, At at) {
  std::vector<Value> inputs{scores, costs, drawn.kept, drawn.log_probs};
  if (!mask.is_empty()) inputs.push_back(mask);
  const auto op = std::make_shared<DrawnCostOp>(draws, !mask.is_empty());
  return innermost(inputs, at).add(op, inputs, "", at);
}

}  // namespace fovea::seq2seq
