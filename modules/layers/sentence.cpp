#include "modules/layers/sentence.h"

#include "framework/core/error.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

class PositionEncodingOp final : public Op {
 public:
  explicit PositionEncodingOp(SentenceEncoding encoding) : encoding_(encoding) {}

  std::string_view name() const override { return "position_encoding"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"words [..., J, D]"});
    return {types.type("[..., D]")};
  }

  // y_k = sum over j of l_kj x_jk
  void forward(const OpRun& run) const override {
    std::fill_n(run.out[0].real(), run.out[0].size(), Real{0});
    each_word(run.in[0].shape(), [&](Extent word, Extent sentence, Extent k, Real factor) {
      run.out[0].real()[sentence + k] += factor * run.in[0].real()[word + k];
    });
  }

  // grad_x_jk += l_kj grad_y_k
  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    each_word(run.in[0].shape(), [&](Extent word, Extent sentence, Extent k, Real factor) {
      run.grad_in[0].real()[word + k] += factor * run.grad_out[0].real()[sentence + k];
    });
  }

  BackwardReads backward_reads() const override { return {0, 0}; }

 private:
  template <class Body>
  void each_word(const Shape& shape, Body body) const {
    const Extent length = shape[shape.rank() - 2];
    const Extent width = shape.last();
    for (Extent word = 0; word < extent_of(shape, 0, shape.rank() - 1); ++word) {
      for (Extent k = 0; k < width; ++k) {
        body(word * width, word / length * width, k, word_factor(encoding_, word % length, length, k, width));
      }
    }
  }

  SentenceEncoding encoding_;
};

}  // namespace

Value bag_of_words(Value words, At at) { return sum(words, -2, at); }

Value position_encoding(Value words, At at) { return encode_sentence(words, SentenceEncoding::kPosition, at); }

Value encode_sentence(Value words, SentenceEncoding encoding, At at) {
  if (encoding == SentenceEncoding::kBagOfWords) return bag_of_words(words, at);
  return words.builder().add(std::make_shared<PositionEncodingOp>(encoding), {words}, "", at);
}

std::vector<Value> encode_words(const WordsToEncode& in, At at) {
  if (in.tables.empty() || (!in.places.empty() && in.places.size() != in.tables.size())) {
    throw Error("encode_words", "one table or more, and places for each or for none, were expected; " +
                                    std::to_string(in.tables.size()) + " tables and " + std::to_string(in.places.size()) +
                                    " of places came; give equally many of both (at " + at.text() + ").");
  }
  std::vector<Value> inputs{in.words};
  inputs.insert(inputs.end(), in.tables.begin(), in.tables.end());
  inputs.insert(inputs.end(), in.places.begin(), in.places.end());
  const bool has_numbers = !in.places.empty() && !in.numbers.is_empty();
  if (has_numbers) inputs.push_back(in.numbers);
  const OpPointer op = make_encode_words({.tables = in.tables.size(),
                                          .encoding = in.encoding,
                                          .has_null = in.has_null,
                                          .has_places = !in.places.empty(),
                                          .has_numbers = has_numbers});
  return innermost(inputs, at).add_all(op, inputs, "", at);
}

}  // namespace fovea
