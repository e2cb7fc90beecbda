#pragma once

#include <string>

#include "framework/core/options.h"
#include "framework/graph/builder.h"

// A recurrent decoder that reads a memory by attention before every word. Axis letters: B batch, N items, M outputs, V
// words, H width of the state, E width of an embedded word.
namespace fovea::seq2seq {

/// The options of a decoder; `fields` adds them to those of an experiment, except for sizes that the task decides.
struct DecoderOptions {
  Extent words = 0;    // V, target words
  Extent outputs = 0;  // M, words written in evaluation
  Extent embedding = 32;
  Extent hidden = 128;
  std::string site = "additive | dense | softmax | none";
  std::string entropy = "0";  // bonus for the entropy of the scores' softmax, in nats; may be an annealing

  void fields(Options& options);
};

/// What a decoder reads. The first state comes from `summary`.
struct Memory {
  Value items;      // [B, N, D]
  Value mask{};     // Index [B, N] or empty
  Value summary{};  // [B, S]
  Value right{};    // Index [B, M]: the item to be read for each word in evaluation, for the results; or empty
};

/// A decoder by attention, as Bahdanau et al. describe it.
///
/// Solves    s_0 = tanh(W summary + b); for each word m: c_m = what the site reads of the memory for the query s_{m-1};
///           s_m = GRU([e(y_{m-1}), c_m], s_{m-1}); p(y_m) = softmax(U tanh(P [s_m, c_m, e(y_{m-1})])).
/// Shapes    memory [B, N, D], targets Index [B, M] in [-1, V); -1 costs nothing. Each word is query 0 of its own step of a
///           loop, so that a pattern sees one query. The site is at "steps/attention" in training and in evaluation.
/// Outputs   teach: "cost" [B], -log p of the targets averaged over M, minus `entropy` times the mean entropy; metrics
///           sequence_accuracy, word_accuracy of the best words under teacher forcing, and entropy where it has a bonus.
///           decode_greedily: "answers" Index [B, M], "log_prob" [B], and "looked" Index [B, M]: the best scored item.
/// Errors    words, outputs, embedding or hidden below 1.
/// Cost      a step: one product for the query, the scores of N items, 3 H (E + D + H) multiply-adds a row for the GRU; keys
///           are prepared once, words are scored outside of the loop in training.
/// Source    Bahdanau, Cho & Bengio 2015, arXiv:1409.0473, appendix A, with a tanh layer instead of maxout.
void teach(Builder& b, const Memory& memory, Value targets, const DecoderOptions& options);
void decode_greedily(Builder& b, const Memory& memory, const DecoderOptions& options);

}  // namespace fovea::seq2seq
