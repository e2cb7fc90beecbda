#pragma once

#include "framework/graph/functions.h"

// What an encoder-decoder does with words besides its products. Axis letters: B batch, T time, M outputs, D width.
namespace fovea::seq2seq {

/// Which words of a row are real: words Index [B, T], 0 after the end -> Index [B, T], 1 for words above 0.
Value word_mask(Value words, At at = At::here());

/// Reverses each row within its own length, the number of ones at the start of its mask; what follows stays.
///
/// Shapes    x [T, B, D], mask Index [B, T] -> [T, B, D].
/// Gradient  exact: a permutation.
Value turn_around(Value x, Value mask, At at = At::here());

/// What a decoder reads under teacher forcing: `start`, then every target but the last; a target below 0 is read as
/// `start`. targets Index [B, M] -> Index [M, B].
Value teacher_words(Value targets, Index start, At at = At::here());

/// The words of outputs, once for each of the items that may explain them: words Index [B, M], like [B, M, N, ...] -> Index
/// [B, M, N].
Value repeat_words(Value words, Value like, At at = At::here());

/// How well scores name the targets, for metrics: no gradient.
///
/// Shapes    scores [M, B, V], targets Index [B, M], a target below 0 counts as right -> sequence [B] (1 or 0), word [B] in
///           [0, 1].
struct WordAccuracy {
  Value sequence;
  Value word;
};
WordAccuracy word_accuracy(Value scores, Value targets, At at = At::here());

}  // namespace fovea::seq2seq
