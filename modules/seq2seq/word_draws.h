#pragma once

#include <string>

#include "framework/graph/functions.h"

// Several choices drawn for each word alone. Where the choices of the words of a row are independent and the cost is a sum
// over words, each word has its own expectation, and an estimator with several draws sees the cost of its own choice only.
// Axis letters: B batch, M words, N items, R draws.
namespace fovea::seq2seq {

/// The selector and the estimator of a site, as their texts name them: "sample", "unordered_set(draws=4)".
///
/// Errors    a selector that does not sample one item, an estimator without several draws, or one that needs more than this
///           selector has.
struct WordDraws {
  std::string selector = "sample";
  std::string estimator = "unordered_set";

  void check() const;
};

/// The draws of every word.
///
/// Shapes    scores [B, M, N], mask Index [B, N] or empty (1 = allowed) -> kept Index [B, M, R], the item of each draw, -1
///           where a draw has no choice; log_probs [B, M, R], minus infinity there. No gradient.
/// Random    by row of the batch and word, the same for any sharding.
struct DrawnItems {
  Value kept;
  Value log_probs;
};
DrawnItems draw_items(Value scores, Value mask, const WordDraws& draws, At at = At::here());

/// An estimate of the expected cost of each word, from the costs of its draws.
///
/// Approximates  sum over items n of p_n cost_n, and its gradient.
/// With          sum over draws r of weight_r cost_r forward, weight_r d cost_r + advantage_r d log p_r backward; weights
///               and advantages as the estimator shares them out.
/// Shapes        scores [B, M, N], costs [B, M, R] -> [B, M].
/// Bias          that of the estimator.
Value drawn_cost(Value scores, Value mask, const DrawnItems& drawn, Value costs, const WordDraws& draws, At at = At::here());

}  // namespace fovea::seq2seq
