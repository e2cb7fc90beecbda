#pragma once

#include <string>

#include "modules/layers/sentence.h"
#include "modules/recurrent/gru.h"

namespace fovea {

/// Sentences as the last state of a gated recurrent unit that reads their words one after the other.
///
/// Solves    y = h_l, h_j = GRU(table[w_j], h_(j-1)), l the place of the last real word: with `has_null` word 0 is padding,
///           and a sentence without words is 0; else every sentence has all J words. The vector of its place is added to
///           a sentence, as in encode_words; `encoding` is ignored. All tables share one GRU.
/// Shapes    as encode_words: words Index [..., J], tables [V, D] each -> one [..., H] for each table; with places, words
///           [B, N, J] and places [P, H] each. Parameters weight_ih, weight_hh, bias_ih, bias_hh at the scope of the name.
/// Gradient  exact.
/// Errors    a number of tables of places other than that of the tables.
/// Cost      J steps of a GRU for every sentence and table, padding included.
/// Source    Cho et al. 2014, arXiv:1406.1078; for statements of bAbI Kumar et al. 2016, arXiv:1506.07285, section 2.1.
class GatedSentence {
 public:
  GatedSentence(Builder& builder, const std::string& name, Extent width, Extent hidden, At at = At::here());

  std::vector<Value> operator()(const WordsToEncode& in, At at = At::here()) const;

 private:
  Gru gru_;
};

/// The states of the last word of each sentence: states [J, R, H] of R sentences, words Index [..., J] of the same -> [...,
/// H]. With `has_null` word 0 is padding; a sentence without words gets 0.
Value states_of_last_words(Value states, Value words, bool has_null, At at = At::here());

}  // namespace fovea
