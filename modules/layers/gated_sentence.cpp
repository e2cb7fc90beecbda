#include "modules/layers/gated_sentence.h"

#include "framework/core/error.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

class LastStatesOp final : public Op {
 public:
  explicit LastStatesOp(bool has_null) : has_null_(has_null) {}

  std::string_view name() const override { return "states_of_last_words"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"states [L, R, H]", "words Index [..., L]"});
    types.require(row_shape(in[1].shape).rows == types["R"]);
    return {types.type("[..., H]")};
  }

  void forward(const OpRun& run) const override {
    std::fill_n(run.out[0].real(), run.out[0].size(), Real{0});
    each_sentence(run, [&](Extent sentence, Extent state, Extent width) {
      std::copy_n(run.in[0].real() + state, width, run.out[0].real() + sentence);
    });
  }

  // grad_states of the last word += grad_y
  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    each_sentence(run, [&](Extent sentence, Extent state, Extent width) {
      for (Extent i = 0; i < width; ++i) run.grad_in[0].real()[state + i] += run.grad_out[0].real()[sentence + i];
    });
  }

  BackwardReads backward_reads() const override { return {2, 0}; }

 private:
  // body(offset of the sentence, offset of its last state, H) for every sentence that has a word
  template <class Body>
  void each_sentence(const OpRun& run, Body body) const {
    const Shape& states = run.in[0].shape();
    const Extent width = states[2];
    for (Extent sentence = 0; sentence < states[1]; ++sentence) {
      const Index* words = run.in[1].index() + sentence * states[0];
      Extent last = states[0] - 1;
      while (has_null_ && last >= 0 && words[last] == 0) --last;
      if (last >= 0) body(sentence * width, (last * states[1] + sentence) * width, width);
    }
  }

  bool has_null_;
};

// The vectors of places for each sentence of words [B, N, J]: [B, N, H], or [N, H] for the places in order.
Value place_of(const WordsToEncode& in, Value places, At at) {
  if (in.numbers.is_empty()) return slice_like(places, 0, in.words, 1, at);
  return matmul(one_hot(in.numbers, places.shape()[0], at), places, {}, at);
}

}  // namespace

Value states_of_last_words(Value states, Value words, bool has_null, At at) {
  const OpPointer op = std::make_shared<LastStatesOp>(has_null);
  return innermost({states, words}, at).add(op, {states, words}, "", at);
}

GatedSentence::GatedSentence(Builder& builder, const std::string& name, Extent width, Extent hidden, At at)
    : gru_(builder, name, width, hidden, at) {}

std::vector<Value> GatedSentence::operator()(const WordsToEncode& in, At at) const {
  if (!in.places.empty() && in.places.size() != in.tables.size()) {
    throw Error("gated_sentence", "places for each table or for none were expected; " + std::to_string(in.tables.size()) +
                                      " tables and " + std::to_string(in.places.size()) +
                                      " of places came; give equally many of both (at " + at.text() + ").");
  }
  std::vector<Value> sentences;
  for (std::size_t t = 0; t < in.tables.size(); ++t) {
    const Value words = embedding(in.words, in.tables[t], at);  // [..., J, D]
    const Value rows = reshape(words, {-1, words.shape()[-2], words.shape()[-1]}, at);
    const Value states = gru_.run(transpose(rows, {1, 0, 2}, at), {}, Direction::kForward, at).states;
    sentences.push_back(states_of_last_words(states, in.words, in.has_null, at));
    if (!in.places.empty()) sentences.back() = add(sentences.back(), place_of(in, in.places[t], at), at);
  }
  return sentences;
}

}  // namespace fovea
