#include "modules/memory/entnet/entnet.h"

#include "framework/core/error.h"
#include "framework/graph/loop.h"
#include "modules/memory/entnet/entity_memory.h"
#include "modules/memory/entnet/mask_words.h"

namespace fovea {
namespace {

// x where it is positive, slope x elsewhere
Value prelu(Value x, Value slope) { return add(multiply(x, slope), multiply(relu(x), add_scalar(negate(slope), 1))); }

Value unit_vectors(Builder& builder, Extent count) {
  std::vector<Real> values(static_cast<std::size_t>(count * count));
  for (Extent i = 0; i < count; ++i) values[i * count + i] = 1;
  return builder.constant("units", {count, count}, values);
}

void expect_sizes(const std::string& path, const EntNetOptions& options, At at) {
  for (const auto& [what, size] : {std::pair{"words", options.words},
                                   {"statement_words", options.statement_words},
                                   {"question_words", options.question_words}}) {
    if (size >= 1) continue;
    throw Error(path, std::string("a number of ") + what + " of at least 1 was expected; " + what + " is " +
                          std::to_string(size) + "; set it (at " + at.text() + ").");
  }
  for (const Extent word : options.key_words) {
    if (word >= 1 && word < options.words) continue;
    throw Error(path, "key words in [1, " + std::to_string(options.words) + ") were expected; " + std::to_string(word) +
                          " came; correct key_words (at " + at.text() + ").");
  }
}

}  // namespace

void EntNetOptions::fields(Options& options) {
  options.add("width", width, "of an embedded sentence D, >= 1", {.low = 1});
  options.add("slots", slots, "of the memory, >= 1", {.low = 1});
  options.add("encoding", encoding, "of a sentence", {"mask", "position", "bag_of_words", "gru"});
  options.add("write", write, "all slots by their gates, or a site: scorer | pattern | selector | estimator");
  options.add("site", site, "of the read: scorer | pattern | selector | estimator");
}

EntNet::EntNet(Builder& builder, EntNetOptions options, At at) : options_(std::move(options)) {
  expect_sizes(builder.path(), options_, at);
  declare(builder, at);
  if (options_.write != "all") {
    const auto scope = builder.scope("write");
    write_.emplace(builder, options_.write, options_.width, options_.width, at);
  }
  const auto scope = builder.scope("read");
  read_.emplace(builder, options_.site, options_.width, options_.width, at);
}

void EntNet::declare(Builder& builder, At at) {
  const Extent width = options_.width;
  const Init normal = Init::normal(0.1);
  const auto square = [&](const std::string& name) { return builder.parameter(name, {width, width}, normal, at); };
  embedding_ = builder.parameter("embedding", {options_.words, width}, normal, at);
  if (options_.encoding == "mask") {
    const Init one = Init::constant(1);
    statement_masks_ = builder.parameter("mask_statement", {options_.statement_words, width}, one, at);
    question_masks_ = builder.parameter("mask_question", {options_.question_words, width}, one, at);
  }
  if (options_.encoding == "gru") gru_.emplace(builder, "gru", width, width, at);
  if (options_.key_words.empty()) {
    keys_ = builder.parameter("keys", {options_.slots, width}, normal, at);
  } else {
    const std::vector<Index> numbers(options_.key_words.begin(), options_.key_words.end());
    const auto count = static_cast<Extent>(numbers.size());
    keys_ = embedding(builder.constant("key_words", {count}, numbers), embedding_, at);
  }
  {
    const auto scope = builder.scope("slot");
    state_weight_ = square("state");
    key_weight_ = square("key");
    sentence_weight_ = square("sentence");
    slope_ = builder.parameter("slope", {1}, Init::constant(1), at);
  }
  const auto scope = builder.scope("answer");
  read_weight_ = square("read");
  read_slope_ = builder.parameter("slope", {1}, Init::constant(1), at);
  answer_ = builder.parameter("weight", {options_.words, width}, normal, at);
}

Value EntNet::encoded(Value words, Value masks) const {
  if (!masks.is_empty()) return innermost({words, masks}).add(make_mask_words(), {words, embedding_, masks});
  const WordsToEncode in{
      .words = words, .tables = {embedding_}, .encoding = encoding_of(options_.encoding), .has_null = true};
  return (gru_ ? (*gru_)(in) : encode_words(in)).front();
}

Value EntNet::written(Value sentences, Value mask) const {
  Builder& builder = sentences.builder();
  return builder.add(make_entity_memory(builder.products()), {sentences, linear(sentences, sentence_weight_), mask, keys_,
                                                              keys_, linear(keys_, key_weight_), state_weight_, slope_});
}

Value EntNet::written_by_site(Value sentences, Value mask) {
  const auto by_step = [](Value x) { return transpose(x, {1, 0, 2}); };
  const Value key_term = linear(keys_, key_weight_);
  // With unit vectors as values a read is the weights of all slots, and an estimator sees the gradient of each of them.
  const Value units = expand_rows(unit_vectors(sentences.builder(), keys_.shape()[0]), sentences);  // [B, N, N]
  LoopBuilder loop(sentences.builder(), "write");
  const Value state = loop.carried("state", expand_rows(keys_, sentences));  // [B, N, D]
  const Value sentence = unsqueeze(loop.stacked("sentences", by_step(sentences)), 1);
  const Value term = unsqueeze(loop.stacked("terms", by_step(linear(sentences, sentence_weight_))), 1);
  const Value allowed = unsqueeze(loop.stacked("mask", by_step(unsqueeze(to_real(mask), 2))), 2);  // [B, 1, 1]

  const Attended chosen =
      write_->attend({.queries = sentence, .prepared_keys = write_->prepare_keys(add(state, keys_)), .values = units});
  const Value gate = multiply(sigmoid(chosen.scores), chosen.read);  // [B, 1, N]
  const Value inner = add(add(linear(state, state_weight_), key_term), term);
  const Value raw = add(state, multiply(transpose(gate, {0, 2, 1}), prelu(inner, slope_)));
  // A sum of two products, one of them 0: a step that is not allowed leaves the state as it is, to the bit.
  const Value next = add(multiply(normalise(raw), allowed), multiply(state, add_scalar(negate(allowed), 1)));
  loop.next(state, next);
  const Value last = loop.final("states", state);
  loop.finish();
  return last;
}

EntNet::Answer EntNet::operator()(Value story, Value question, Value mask) {
  const Value sentences = encoded(story, statement_masks_);
  const Value allowed = mask.is_empty() ? full_index(story, 2, 1) : mask;
  Answer answer;
  answer.states = write_ ? written_by_site(sentences, allowed) : written(sentences, allowed);
  const Value query = encoded(question, question_masks_);
  answer.read = read_->attend(
      {.queries = unsqueeze(query, 1), .prepared_keys = read_->prepare_keys(answer.states), .values = answer.states});
  const Value read = linear(squeeze(answer.read.read, 1), read_weight_);
  answer.scores = linear(prelu(add(query, read), read_slope_), answer_);
  return answer;
}

}  // namespace fovea
