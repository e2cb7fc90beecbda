#pragma once

#include "framework/experiment.h"
#include "modules/seq2seq/decoder.h"

namespace fovea {

/// The options of an encoder-decoder; `fields` adds them to those of an experiment, except for sizes that the task decides.
struct EncoderDecoderOptions {
  Extent source_words = 0;     // 0 is padding, after the end of a row
  Extent encoder_hidden = 64;  // of each direction
  seq2seq::DecoderOptions decoder{};

  void fields(Options& options);
};

/// Reads a sequence in both directions.
///
/// Solves    the states of two GRUs side by side, one of them from the last word to the first. Each row is read within its
///           own length: what follows its end changes no state of its words.
/// Shapes    x [B, N, D], mask Index [B, N], ones then zeros -> items [B, N, 2 hidden], summary [B, hidden]: the state of
///           the reverse reading at the first word, 0 for a row without words. Parameters at "forward" and "reverse" of the
///           scope of its name.
/// Source    Bahdanau, Cho & Bengio 2015, arXiv:1409.0473, section 3.2.
seq2seq::Memory bidirectional_encoder(Builder& b, const std::string& name, Value x, Value mask, Extent hidden);

/// An encoder-decoder with attention: embedded words, a bidirectional encoder, a decoder that reads its states.
///
/// Shapes    inputs "source" Index [B, N] in [0, source_words) and, in training, "targets" Index [B, M] in [-1, words);
///           outputs as seq2seq::teach and seq2seq::decode_greedily have them.
/// Errors    source_words below 1, inputs that are missing or have other axes; those of the decoder.
/// Source    Bahdanau, Cho & Bengio 2015, arXiv:1409.0473.
void encoder_decoder(Builder& b, const InputTypes& inputs, const EncoderDecoderOptions& options);

/// The same as a model for a RunSpec.
Model encoder_decoder_model(const EncoderDecoderOptions& options);

}  // namespace fovea
