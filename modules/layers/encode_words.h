#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// l_kj, the factor of component k of word j, with j = 1 .. J and k = 1 .. D:
///   kBagOfWords       1
///   kPosition         (1 - j / J) - (k / D) (1 - 2 j / J)
///   kCentredPosition  1 + 4 (k - (D + 1) / 2) (j - (J + 1) / 2) / (D J), whose mean is 1
enum class SentenceEncoding : std::uint8_t { kBagOfWords, kPosition, kCentredPosition };
/// "position", "centred_position"; any other name is a bag of words.
SentenceEncoding encoding_of(std::string_view name);

/// Factor l_kj of a sentence of `length` words and of tables of width `depth`; j and k count from 0 here.
Real word_factor(SentenceEncoding encoding, Extent j, Extent length, Extent k, Extent depth);

struct EncodeWords {
  std::size_t tables = 1;  // T >= 1
  SentenceEncoding encoding = SentenceEncoding::kPosition;
  bool has_null = false;     // word 0 is padding
  bool has_places = false;   // T tables of places follow those of the words
  bool has_numbers = false;  // the place of each sentence follows; else sentence n of a story has place n
};

/// Sentences as sums of the vectors of their words, by several tables at once: no vector of a word is stored.
///
/// Solves    y_k = sum over j of l_kj table[w_j]_k + place_k, where l_kj = 1 (bag of words) or
///           (1 - j / J) - (k / D) (1 - 2 j / J) with j = 1 .. J and k = 1 .. D (position encoding). With `has_null` a word
///           0 adds nothing; a place of -1 adds nothing.
/// Shapes    words Index [..., J], tables [V, D] each; with `has_places` words are [..., N, J], and tables of places
///           [P, D] each; with `has_numbers` places Index [..., N] -> one [..., D] for each table.
/// Gradient  exact, added sentence by sentence in a fixed order; none for word 0 with `has_null`.
/// Errors    more sentences than places; when run, a word outside of [0, V) or a place outside of [-1, P).
/// Cost      T J D multiply-adds a sentence, and a copy of all tables, side by side: T V D.
/// Source    Sukhbaatar et al. 2015, arXiv:1503.08895, section 4.1; the centred encoding is that of the authors' program.
OpPointer make_encode_words(const EncodeWords& options);

}  // namespace fovea
