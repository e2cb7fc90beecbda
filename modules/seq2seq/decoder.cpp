#include "modules/seq2seq/decoder.h"

#include <optional>

#include "framework/anneal/annealing.h"
#include "framework/attention/site/site.h"
#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "framework/graph/loop.h"
#include "modules/layers/embedding.h"
#include "modules/layers/linear.h"
#include "modules/recurrent/gru.h"
#include "modules/seq2seq/words.h"

namespace fovea::seq2seq {
namespace {

constexpr double kTiny = 1e-20;  // keeps the logarithm of a probability of 0 finite

void expect_positive(const char* name, Extent value) {
  if (value >= 1) return;
  throw Error("decoder", std::string("option '") + name + "' must be >= 1; it is " + std::to_string(value) +
                             "; set it to what the task needs.");
}

const DecoderOptions& checked(const DecoderOptions& options) {
  expect_positive("words", options.words);
  expect_positive("outputs", options.outputs);
  expect_positive("embedding", options.embedding);
  expect_positive("hidden", options.hidden);
  return options;
}

/// The parts of a decoder, declared once and used by both ways of decoding.
class Decoder {
 public:
  Decoder(Builder& b, const Memory& memory, const DecoderOptions& options)
      : memory_(memory),
        words_(b, "embedding", checked(options).words + 1, options.embedding),
        gru_(b, "gru", options.embedding + memory.items.shape().last(), options.hidden),
        first_(b, "first", memory.summary.shape().last(), options.hidden),
        inner_(b, "inner", options.hidden + memory.items.shape().last() + options.embedding, options.hidden),
        outer_(b, "outer", options.hidden, options.words) {
    const auto scope = b.scope("attention");
    site_.emplace(b, options.site, options.hidden, memory.items.shape().last());
    keys_ = site_->prepare_keys(memory.items, memory.mask);
  }

  Value first_state() const { return tanh(first_(memory_.summary)); }
  Value embed(Value words) const { return words_(words); }

  struct Step {
    Value state;   // [B, H]
    Value read;    // [B, D]
    Value scores;  // [B, N]
  };
  Step step(Value word, Value state, Value right = {}) {
    const Attended attended = site_->attend({.queries = unsqueeze(state, 1),
                                             .prepared_keys = keys_,
                                             .values = memory_.items,
                                             .mask = memory_.mask,
                                             .right = right.is_empty() ? right : unsqueeze(right, 1)});
    const Value read = squeeze(attended.read, 1);
    return {gru_.step(concat({word, read}, 1), state), read, squeeze(attended.scores, 1)};
  }

  /// Scores of the words [..., V], from the state, what was read and the word before.
  Value word_scores(const std::vector<Value>& state_read_word) const {
    return outer_(tanh(inner_(concat(state_read_word, -1))));
  }

 private:
  Memory memory_;
  Embedding words_;
  Gru gru_;
  Linear first_, inner_, outer_;
  std::optional<Site> site_;
  Value keys_;
};

/// The mean over steps of the entropy of softmax over allowed items: scores [M, B, N], mask Index [B, N] or empty -> [B].
Value mean_entropy(Value scores, Value mask) {
  const Value probabilities = mask.is_empty() ? softmax(scores) : masked_softmax(scores, unsqueeze(mask, 0));
  const Value surprise = multiply(probabilities, log(add_scalar(probabilities, kTiny)));
  return negate(mean(sum(surprise, 2), 0));
}

}  // namespace

void DecoderOptions::fields(Options& options) {
  options.add("embedding", embedding, "width of an embedded word, >= 1", {.low = 1});
  options.add("hidden", hidden, "width of the state, >= 1", {.low = 1});
  options.add("site", site, "site of the attention: scorer | pattern | selector | estimator");
  options.add("entropy", entropy, "bonus for each nat of entropy of the scores' softmax, >= 0; may be an annealing");
}

void teach(Builder& b, const Memory& memory, Value targets, const DecoderOptions& options) {
  const auto scope = b.scope("decoder");
  Decoder decoder(b, memory, options);
  const Value words = decoder.embed(teacher_words(targets, static_cast<Index>(options.words)));  // [M, B, E]
  LoopBuilder loop(b, "steps");
  const Value state = loop.carried("state", decoder.first_state());
  const Decoder::Step step = decoder.step(loop.stacked("word", words), state);
  loop.next(state, step.state);
  const Value states = loop.stack("states", step.state);  // [M, B, H]
  const Value reads = loop.stack("reads", step.read);
  const bool has_bonus = options.entropy != "0";
  const Value attention = has_bonus ? loop.stack("scores", step.scores) : Value{};
  loop.finish();
  const Value scores = decoder.word_scores({states, reads, words});
  Value cost = mean(cross_entropy(scores, transpose(targets, {1, 0})), 0);
  if (has_bonus) {
    const Value entropy = mean_entropy(attention, memory.mask);
    b.metric("entropy", entropy);
    cost = subtract(cost, multiply(entropy, annealed_number(b, "entropy_bonus", options.entropy, {.low = 0})));
  }
  b.output("cost", cost);
  const WordAccuracy accuracy = word_accuracy(scores, targets);
  b.metric("sequence_accuracy", accuracy.sequence);
  b.metric("word_accuracy", accuracy.word);
}

void decode_greedily(Builder& b, const Memory& memory, const DecoderOptions& options) {
  const auto scope = b.scope("decoder");
  Decoder decoder(b, memory, options);
  LoopBuilder loop(b, "steps");
  loop.steps(options.outputs);
  const Value state = loop.carried("state", decoder.first_state());
  const Value word = loop.carried("word", full_index(memory.items, 1, static_cast<Index>(options.words)));
  const Value embedded = decoder.embed(word);
  const Value right = memory.right.is_empty() ? Value{} : loop.stacked("right", transpose(memory.right, {1, 0}));
  const Decoder::Step step = decoder.step(embedded, state, right);
  const Value scores = decoder.word_scores({step.state, step.read, embedded});
  const Value best = argmax(scores);
  loop.next(state, step.state);
  loop.next(word, best);
  const Value answers = loop.stack("answers", best);  // [M, B]
  const Value log_probs = loop.stack("log_prob", negate(cross_entropy(scores, best)));
  const Value looked =
      loop.stack("looked", memory.mask.is_empty() ? argmax(step.scores) : masked_argmax(step.scores, memory.mask));
  loop.finish();
  b.output("answers", transpose(answers, {1, 0}));
  b.output("log_prob", sum(log_probs, 0));
  b.output("looked", transpose(looked, {1, 0}));
}

}  // namespace fovea::seq2seq
