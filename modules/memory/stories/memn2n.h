#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/core/options.h"
#include "modules/layers/gated_sentence.h"
#include "modules/memory/stories/hop_reads.h"

namespace fovea {

/// The options of an end-to-end memory network; `fields` adds them to those of an experiment.
struct MemN2NOptions {
  Extent words = 0;  // V, of the vocabulary; set by the model
  Extent width = 20;
  Extent slots = 50;  // the most sentences N in a story
  Extent hops = 3;
  Extent reads = 1;                   // of each hop
  std::string combine = "sum";        // or "mlp"
  std::string tying = "adjacent";     // or "layer_wise"
  std::string state_map = "tied";     // or "none", "shared", "hop"
  std::string encoding = "position";  // or "centred_position", "bag_of_words", "gru"
  std::string time = "slot";          // or "age", "none"
  double time_noise = 0;              // RN
  std::string linear_start = "0";     // LS: "plateau(from=1, to=0, moves=1, patience=0)"
  std::string gate = "none";          // or "hop", "shared"
  bool nonlinear = false;
  bool null_word = false;
  std::string site = "dot | dense | softmax | none";

  void fields(Options& options);
  /// Sets a linear start of `steps` steps, unless `steps` is 0 or one is set already.
  void start_linearly(Extent steps);
};

/// An end-to-end memory network: a question reads a story of sentences, several times, and its state takes in what it reads.
///
/// Solves    keys m_i = enc(A x_i) + T_A(i), values c_i = enc(C x_i) + T_C(i), state u = enc(B q). At each hop the site
///           reads o = sum of weights times values with the query u; then u = u + o. Scores of the answer: W u.
///           Adjacent: A of a hop is C of the one before, B is the first A and W the last C. Layer-wise: all hops share A
///           and C, B and W are separate tables, and u = H u + o.
///           `time`: the i of T is the slot of a sentence, or its age (0 for the last one), or there is no T; `time_noise`
///           puts empty memories among the sentences while training, see story_places.h.
///           `linear_start` = s: o is s times the read with scores as weights, plus 1 - s times what the site reads;
///           1 leaves the softmax out, 0 the scores.
///           `state_map`: no H, one shared by all hops or one for each, instead of what the tying says; the state goes
///           through it before it takes in what is read.
///           `gate`: u = t o + (1 - t) u with t = sigmoid(G u + b), G and b of each hop or shared by all hops.
///           `reads`, `combine`: several reads at each hop, and what o is made of them; see hop_reads.h.
///           `nonlinear`: after each hop, negative values among the first half of the units become 0.
///           `encoding` gru: enc is the last state of a GRU over the vectors of the words, one for all tables.
///           `null_word`: word 0 is padding; its vector is 0 and not trained, and a sentence without a word is a memory
///           of zeros.
/// Shapes    story Index [B, N <= slots, J], question Index [B, L], mask Index [B, N] or empty -> scores [B, V].
///           Parameters at the current scope: embedding_0 .. embedding_K [V, D] and temporal_0 .. temporal_K [slots, D], K
///           the number of hops (adjacent), or K = 1 with embedding_question, embedding_answer [V, D] (layer-wise);
///           state [D, D] (one map) or state_0 .. (one a hop); gate_k/weight [D, D] and gate_k/bias [D] (hop), or one of
///           them, gate (shared); those of HopReads at hop_k and of GatedSentence at gru.
/// Errors    no words; more sentences than slots; noise in time where there is no time.
/// Cost      K + 1 (or 2) encodings of the story in one pass, K reads.
/// Source    Sukhbaatar et al. 2015, arXiv:1503.08895, sections 2, 4.1, 4.2 (linear start; weights start from a normal
///           distribution of deviation 0.1) and 5 (half of the units). Gates: Liu & Perez 2017, arXiv:1610.04211, section 3.
class MemN2N {
 public:
  MemN2N(Builder& builder, MemN2NOptions options, At at = At::here());

  struct Answer {
    Value scores;                 // [B, V]
    std::vector<Attended> reads;  // of each hop in turn; queries [B, 1, D] of the sentences

    /// The sentence that each read chose, or gave the most weight, Index [B, reads].
    Value chosen(Value story) const;
  };
  Answer operator()(Value story, Value question, Value mask = {});

 private:
  struct Gate {
    Value weight;  // [D, D]
    Value bias;    // [D]
  };
  void declare_tables(Builder& builder, At at);
  void declare_maps(Builder& builder, At at);
  void declare_hops(Builder& builder, At at);
  std::vector<Value> encoded(Value words, const std::vector<Value>& tables, const std::vector<Value>& places,
                             Value numbers) const;
  std::vector<Value> slots_of(Value story) const;  // [B, N, D] of each table
  Value next_state(std::size_t hop, Value state, Value read) const;
  bool is_adjacent() const { return options_.tying == "adjacent"; }

  MemN2NOptions options_;
  std::optional<GatedSentence> gru_;
  std::vector<Value> embeddings_;  // [V, D]
  std::vector<Value> temporals_;   // [slots, D]; none without time
  std::vector<HopReads> hops_;
  std::vector<Gate> gates_;  // of each hop; none without gates
  Value question_;           // [V, D]
  Value answer_;             // [V, D]
  std::vector<Value> maps_;  // [D, D] of each hop; none where the state is carried as it is
  Value linear_share_;       // [1]; empty without a linear start
};

}  // namespace fovea
