#pragma once

#include "framework/graph/functions.h"
#include "modules/layers/encode_words.h"

namespace fovea {

/// A sentence as the sum of the vectors of its words, whatever their order.
///
/// Shapes    words [..., J, D] -> [..., D].
/// Source    Sukhbaatar et al. 2015, arXiv:1503.08895, section 4.1, bag of words.
Value bag_of_words(Value words, At at = At::here());

/// A sentence as a sum of the vectors of its words, weighted by their place.
///
/// Solves    y_k = sum over j of l_kj x_jk, l_kj = (1 - j / J) - (k / D) (1 - 2 j / J), with j = 1 .. J and k = 1 .. D.
/// Shapes    words [..., J, D] -> [..., D]; J is the extent of the axis, padding included.
/// Gradient  exact.
/// Source    Sukhbaatar et al. 2015, arXiv:1503.08895, section 4.1, position encoding.
Value position_encoding(Value words, At at = At::here());

Value encode_sentence(Value words, SentenceEncoding encoding, At at = At::here());

/// Word indices, and the tables that turn them into sentences.
struct WordsToEncode {
  Value words;                     // Index [..., J]
  std::vector<Value> tables;       // [V, D] each
  std::vector<Value> places = {};  // [P, D] for each table: added to a sentence by its place in [..., N, J]; may be empty
  Value numbers = {};              // Index [..., N]: the place of each sentence, -1: none; empty: that of its slot
  SentenceEncoding encoding = SentenceEncoding::kPosition;
  bool has_null = false;  // word 0 is padding
};

/// The sentences of each table, [..., D], without the vectors of their words in memory; see modules/layers/encode_words.h.
std::vector<Value> encode_words(const WordsToEncode& in, At at = At::here());

}  // namespace fovea
