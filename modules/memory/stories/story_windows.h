#pragma once

#include "framework/graph/functions.h"

namespace fovea {

/// Every word of a story with the words around it in its sentence.
struct StoryWindows {
  Value windows;  // Index [B, N J, W], 0 outside of the sentence
  Value centres;  // Index [B, N J, 1], 0: no word
};

/// Shapes    story Index [B, N, J] -> windows of W words each; word 0 is padding.
/// Errors    an even W.
/// Source    Miller et al. 2016, arXiv:1606.03126, section 3.2, window level.
StoryWindows story_windows(Value story, Extent width, At at = At::here());

/// Which memories have a word in common with the question: what a hash of their keys would find.
///
/// Solves    1 for memories that share a word with the question which is neither 0 nor common; where none does, for all
///           that have a word.
/// Shapes    keys Index [B, M, W], question Index [B, L], common Index [V], 1 for words that do not count -> Index [B, M].
/// Source    Miller et al. 2016, arXiv:1606.03126, section 3.1, key hashing.
Value memories_with_words_of(Value keys, Value question, Value common, At at = At::here());

}  // namespace fovea
