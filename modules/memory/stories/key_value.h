#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/attention/site/site.h"
#include "framework/core/options.h"
#include "modules/layers/gated_sentence.h"

namespace fovea {

/// The options of a key-value memory network; `fields` adds them to those of an experiment.
struct KeyValueOptions {
  Extent words = 0;              // V, of the vocabulary; set by the model
  std::vector<Extent> common{};  // words that a hash ignores; set by the model
  Extent width = 50;
  Extent places = 50;  // the most sentences of a story
  Extent hops = 3;
  std::string memories = "sentences";         // or "windows"
  Extent window = 5;                          // words of a window
  std::string encoding = "centred_position";  // or "position", "bag_of_words", "gru"
  std::string time = "age";                   // or "none"
  double time_noise = 0.1;
  bool hash = false;
  std::string site = "dot | dense | softmax | none";

  void fields(Options& options);
};

/// A key-value memory network: memories are found by their keys and read as their values, several times.
///
/// Solves    state q = enc(A question). At each hop the site weighs the keys k_i = enc(A key_i) + T_A(i) with the query q
///           and reads o = sum of weights times values v_i = enc(C value_i) + T_C(i); then q = R_hop (q + o). Scores of the
///           answer: B q.
///           `memories` sentences: key and value are a sentence, by the two tables; windows: the key is a window of words of
///           a sentence, the value the word in its middle, and T tells the age of the sentence.
///           `hash`: only memories that share a word with the question are read, see story_windows.h.
/// Shapes    story Index [B, N <= places, J], question Index [B, L] -> scores [B, V]; word 0 is padding. Parameters at the
///           current scope: embedding_key, embedding_value, embedding_answer [V, D], temporal_key, temporal_value
///           [places, D], state_k [D, D] of hop k, gru/... (encoding gru).
/// Gradient  exact, and that of the sites.
/// Errors    no words; more sentences than places; a window of an even number of words.
/// Cost      an encoding of keys and of values, `hops` reads.
/// Source    Miller et al. 2016, arXiv:1606.03126, section 3. Time as in Sukhbaatar et al. 2015, arXiv:1503.08895.
class KeyValueMemory {
 public:
  KeyValueMemory(Builder& builder, KeyValueOptions options, At at = At::here());

  struct Answer {
    Value scores;                // [B, V]
    std::vector<Attended> hops;  // queries [B, 1, D] of the memories
  };
  Answer operator()(Value story, Value question);

 private:
  struct Memories {
    Value keys;    // [B, M, D]
    Value values;  // [B, M, D]
    Value mask;    // Index [B, M], or empty
  };
  Memories memories_of(Value story, Value question) const;
  Value encoded(Value words, Value table) const;  // [..., J] -> [..., D]
  Value hashed(Value keys, Value question) const;

  KeyValueOptions options_;
  std::optional<GatedSentence> gru_;
  Value key_table_, value_table_, answer_;
  Value key_places_, value_places_;  // empty without time
  std::vector<Value> state_;         // [D, D] of each hop
  std::vector<Site> sites_;
};

}  // namespace fovea
