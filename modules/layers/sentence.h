#pragma once

#include "framework/graph/functions.h"

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

enum class SentenceEncoding : std::uint8_t { kBagOfWords, kPosition };
Value encode_sentence(Value words, SentenceEncoding encoding, At at = At::here());

}  // namespace fovea
