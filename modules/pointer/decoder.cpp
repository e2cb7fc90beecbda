#include "modules/pointer/decoder.h"

#include <optional>

#include "framework/attention/site/site.h"
#include "framework/graph/functions.h"
#include "framework/graph/loop.h"
#include "modules/layers/linear.h"
#include "modules/pointer/beam.h"
#include "modules/pointer/pick.h"
#include "modules/recurrent/lstm.h"

namespace fovea::pointer {
namespace {

/// The parts of a decoder, declared once and used by all ways of decoding.
class Decoder {
 public:
  Decoder(Builder& b, const Encoded& encoded, const PointerOptions& options)
      : options_(options),
        encoded_(encoded),
        lstm_(b, "lstm", encoded.items.shape().last(), options.hidden),
        start_(b.parameter("start", {encoded.items.shape().last()}, Init::uniform(0.08))) {
    const Extent width = encoded.memory.shape().last();
    for (Extent g = 0; g < options.glimpses; ++g) add_glimpse(b, g, width);
    const auto scope = b.scope("pointer");
    site_.emplace(b, options.site, options.hidden, width);
    keys_ = site_->prepare_keys(encoded.memory);
  }

  Lstm& lstm() { return lstm_; }
  Value start() const { return start_; }
  std::string site_text() const { return site_->text(); }
  Use use() const { return options_.use_once ? Use::kOnce : Use::kAnyTimes; }

  /// Scores of decoder states [B, M, H] over the items, [B, M, N]; mask Index [B, M, N] (or [B, N]) is for the glimpses.
  Value point(Value states, Value mask) {
    Value queries = states;
    for (Glimpse& glimpse : glimpses_) {
      const Attended attended = glimpse.site.attend({queries, glimpse.keys, encoded_.memory, mask});
      queries = tanh(linear(concat({queries, attended.read}, 2), glimpse.weight, glimpse.bias));
    }
    const Value scores = site_->scores(queries, keys_);
    return options_.tanh_clip > 0 ? scale(tanh(scores), options_.tanh_clip) : scores;
  }

 private:
  struct Glimpse {
    Site site;
    Value keys;
    Value weight, bias;
  };

  void add_glimpse(Builder& b, Extent number, Extent width) {
    const auto scope = b.scope("glimpse_" + std::to_string(number + 1));
    Site site(b, options_.site, options_.hidden, width);
    const Value keys = site.prepare_keys(encoded_.memory);
    const auto combine = b.scope("combine");  // a scorer may have a weight of that name
    const Value weight = b.parameter("weight", {options_.hidden, options_.hidden + width});
    const Value bias = b.parameter("bias", {options_.hidden}, Init::zero());
    glimpses_.push_back({std::move(site), keys, weight, bias});
  }

  PointerOptions options_;
  Encoded encoded_;
  Lstm lstm_;
  Value start_;
  std::vector<Glimpse> glimpses_;
  std::optional<Site> site_;
  Value keys_;
};

/// What the site publishes of its choices: one kept item a step. pointers Index [B, M], log_probs [B, M].
void publish(Builder& b, const Decoder& decoder, Value items, Value pointers, Value log_probs) {
  const Value kept = unsqueeze(pointers, 2);
  b.register_site(decoder.site_text(), {.scores = {},
                                        .kept = kept,
                                        .weights = exp(unsqueeze(log_probs, 2)),
                                        .count = full_index(pointers, 2, 1),
                                        .log_prob = log_probs,
                                        .items = items});
}

/// x [B, ...] -> [B, W, ...]: every beam starts from the same.
Value for_beams(Value x, Extent beams) { return stack(std::vector<Value>(static_cast<std::size_t>(beams), x), 1); }

}  // namespace

void teach(Builder& b, const Encoded& encoded, Value targets, const PointerOptions& options) {
  const auto scope = b.scope("decoder");
  Decoder decoder(b, encoded, options);
  const Value inputs = teacher_inputs(encoded.items, decoder.start(), targets);  // [M, B, E]
  const Lstm::Result states = decoder.lstm().run(inputs, {encoded.hidden, encoded.cell});
  const auto pointing = b.scope("pointer");
  const Value mask = free_before(targets, encoded.items, decoder.use());
  const Value scores = decoder.point(transpose(states.states, {1, 0, 2}), mask);
  b.register_site(decoder.site_text(), {});  // nothing is chosen, but pairs are scored
  b.output("cost", mean_all_but_first(cross_entropy(scores, targets, mask)));
  const Accuracy accuracy = pointing_accuracy(scores, mask, targets);
  b.metric("sequence_accuracy", accuracy.sequence);
  b.metric("element_accuracy", accuracy.element);
}

void decode_greedily(Builder& b, const Encoded& encoded, const PointerOptions& options) {
  const auto scope = b.scope("decoder");
  Decoder decoder(b, encoded, options);
  const auto pointing = b.scope("pointer");
  decoder.lstm().prepare_steps();
  LoopBuilder loop(b, "greedy");
  loop.steps_like(encoded.items, 1);
  const Value hidden = loop.carried("hidden", encoded.hidden);
  const Value cell = loop.carried("cell", encoded.cell);
  const Value input = loop.carried("input", expand_rows(decoder.start(), encoded.items));
  const Value mask = loop.carried("mask", full_index(encoded.items, 2, 1));
  const Lstm::State state = decoder.lstm().step(input, {hidden, cell});
  const Picked picked = pick_item(decoder.point(unsqueeze(state.hidden, 1), mask), mask, decoder.use());
  loop.next(hidden, state.hidden);
  loop.next(cell, state.cell);
  loop.next(input, gather_items(encoded.items, picked.chosen));
  loop.next(mask, picked.remaining);
  const Value chosen = loop.stack("chosen", picked.chosen);  // [M, B]
  const Value log_probs = loop.stack("log_prob", picked.log_prob);
  loop.finish();
  const Value pointers = transpose(chosen, {1, 0});
  b.output("pointers", pointers);
  b.output("log_prob", sum(log_probs, 0));
  publish(b, decoder, encoded.items, pointers, transpose(log_probs, {1, 0}));
}

void decode_with_beams(Builder& b, const Encoded& encoded, const PointerOptions& options) {
  const auto scope = b.scope("decoder");
  Decoder decoder(b, encoded, options);
  const Extent beams = options.beam;
  const Extent width = encoded.items.shape().last();
  const Extent state_width = encoded.hidden.shape().last();
  const auto pointing = b.scope("pointer");
  decoder.lstm().prepare_steps();
  LoopBuilder loop(b, "beam");
  loop.steps_like(encoded.items, 1);
  const Value hidden = loop.carried("hidden", for_beams(encoded.hidden, beams));  // [B, W, H]
  const Value cell = loop.carried("cell", for_beams(encoded.cell, beams));
  const Value input = loop.carried("input", for_beams(expand_rows(decoder.start(), encoded.items), beams));
  const Value mask = loop.carried("mask", for_beams(full_index(encoded.items, 2, 1), beams));
  const Value totals = loop.carried("totals", first_totals(encoded.items, beams));
  // The LSTM takes beams as rows of the batch.
  const auto rows = [](Value x, Extent last) { return reshape(x, {-1, last}); };
  const Lstm::State state = decoder.lstm().step(rows(input, width), {rows(hidden, state_width), rows(cell, state_width)});
  const Value states = reshape(state.hidden, {-1, beams, state_width});
  const Expanded next = beam_expand(decoder.point(states, mask), mask, totals, decoder.use());
  loop.next(hidden, gather_items(states, next.parent));
  loop.next(cell, gather_items(reshape(state.cell, {-1, beams, state_width}), next.parent));
  loop.next(input, gather_items(encoded.items, next.item));
  loop.next(mask, next.remaining);
  loop.next(totals, next.totals);
  const Value parents = loop.stack("parents", next.parent);
  const Value chosen = loop.stack("chosen", next.item);
  const Value last_totals = loop.last("totals", next.totals);
  loop.finish();
  b.output("pointers", beam_backtrack(parents, chosen));
  b.output("log_prob", squeeze(slice(last_totals, 1, 0, 1), 1));
}

}  // namespace fovea::pointer
