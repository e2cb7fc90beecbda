#include "modules/seq2seq/encoder_decoder.h"

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "modules/layers/embedding.h"
#include "modules/recurrent/gru.h"
#include "modules/seq2seq/words.h"

namespace fovea {
namespace {

constexpr const char* kWhere = "encoder_decoder";

const Type& input_type(const InputTypes& inputs, const std::string& name) {
  const auto found = inputs.find(name);
  if (found != inputs.end() && found->second.shape.rank() == 2 && found->second.kind == Kind::kIndex) return found->second;
  throw Error(kWhere, "a batch must have '" + name + "', Index with 2 axes; " +
                          (found == inputs.end() ? "this one has none" : "it is " + found->second.shape.text()) +
                          "; choose a task that gives source words and targets.");
}

}  // namespace

void EncoderDecoderOptions::fields(Options& options) {
  options.add("encoder_hidden", encoder_hidden, "width of the encoder's state in each direction, >= 1", {.low = 1});
  decoder.fields(options);
}

seq2seq::Memory bidirectional_encoder(Builder& b, const std::string& name, Value x, Value mask, Extent hidden) {
  const auto scope = b.scope(name);
  const Value in_order = transpose(x, {1, 0, 2});  // [N, B, D]
  const Gru forward(b, "forward", x.shape().last(), hidden);
  const Gru reverse(b, "reverse", x.shape().last(), hidden);
  const Value read = forward.run(in_order).states;
  const Value turned = seq2seq::turn_around(reverse.run(seq2seq::turn_around(in_order, mask)).states, mask);
  const Value first = squeeze(slice(turned, 0, 0, 1), 0);  // [B, hidden]
  // The first item of a row of length 0 is padding: its summary is the state of no step.
  const Value has_words = to_real(slice(mask, 1, 0, 1));  // [B, 1]
  return {.items = transpose(concat({read, turned}, 2), {1, 0, 2}), .mask = mask, .summary = multiply(first, has_words)};
}

void encoder_decoder(Builder& b, const InputTypes& inputs, const EncoderDecoderOptions& options) {
  if (options.source_words < 1 || options.encoder_hidden < 1) {
    throw Error(kWhere, "source_words and encoder_hidden must be >= 1; they are " + std::to_string(options.source_words) +
                            " and " + std::to_string(options.encoder_hidden) + "; set them.");
  }
  const Value source = b.input("source", input_type(inputs, "source"));
  const Embedding words(b, "embedding", options.source_words, options.decoder.embedding);
  const Value mask = seq2seq::word_mask(source);
  const seq2seq::Memory memory = bidirectional_encoder(b, "encoder", words(source), mask, options.encoder_hidden);
  if (b.mode() == Mode::kEvaluate) return seq2seq::decode_greedily(b, memory, options.decoder);
  seq2seq::teach(b, memory, b.input("targets", input_type(inputs, "targets")), options.decoder);
}

Model encoder_decoder_model(const EncoderDecoderOptions& options) {
  return [options](Builder& b, const InputTypes& inputs) { encoder_decoder(b, inputs, options); };
}

}  // namespace fovea
