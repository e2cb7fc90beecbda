#pragma once

#include <string>
#include <vector>

#include "framework/attention/attend.h"
#include "framework/core/options.h"
#include "modules/layers/sentence.h"

namespace fovea {

/// The options of an end-to-end memory network; `fields` adds them to those of an experiment.
struct MemN2NOptions {
  Extent words = 0;  // V, of the vocabulary; set by the model
  Extent width = 20;
  Extent slots = 50;  // the most sentences N in a story
  Extent hops = 3;
  std::string tying = "adjacent";     // or "layer_wise"
  std::string encoding = "position";  // or "bag_of_words"
  std::string site = "dot | dense | softmax | none";

  void fields(Options& options);
};

/// An end-to-end memory network: a question reads a story of sentences, several times, and its state takes in what it reads.
///
/// Solves    keys m_i = enc(A x_i) + T_A(i), values c_i = enc(C x_i) + T_C(i), state u = enc(B q); at each hop the site
/// reads
///           o = sum of weights times values with the query u; then u = u + o. Scores of the answer: W u.
///           Adjacent: A of a hop is C of the one before, B is the first A and W the last C. Layer-wise: all hops share A
///           and C, B and W are tables of their own, and u = H u + o.
/// Shapes    story Index [B, N <= slots, J], question Index [B, L], mask Index [B, N] or empty -> scores [B, V].
///           Parameters at the current scope: embedding_0 .. embedding_K [V, D] and temporal_0 .. temporal_K [slots, D], K
///           the number of hops (adjacent), or K = 1 with embedding_question, embedding_answer [V, D] and state [D, D]
///           (layer-wise).
/// Errors    no words; more sentences than slots.
/// Cost      K + 1 (or 2) encodings of the story, K reads.
/// Source    Sukhbaatar et al. 2015, arXiv:1503.08895, sections 2 and 4.1; no temporal noise and no linear start, which are
///           matters of training.
class MemN2N {
 public:
  MemN2N(Builder& builder, MemN2NOptions options, At at = At::here());

  struct Answer {
    Value scores;                // [B, V]
    std::vector<Attended> hops;  // queries [B, 1, D] of the sentences
  };
  Answer operator()(Value story, Value question, Value mask = {});

 private:
  struct Memory {
    Value embedding;  // [V, D]
    Value temporal;   // [slots, D]
  };
  Value encoded(Value words, Value embedding) const;
  Value slots_of(Value story, const Memory& memory) const;  // [B, N, D]
  bool is_adjacent() const { return options_.tying == "adjacent"; }

  MemN2NOptions options_;
  std::vector<Memory> memories_;
  std::vector<Site> sites_;
  Value question_;  // [V, D]
  Value answer_;    // [V, D]
  Value state_;     // [D, D], layer-wise
};

}  // namespace fovea
