#pragma once

#include "framework/graph/functions.h"

// Costs of outputs whose cause is summed out: graph functions beside those of functions.h.
namespace fovea {

/// -log of the sum over n of p_n exp(l_n), p = softmax(scores): the exact marginal likelihood of an output that is explained
/// by one of N items. See framework/ops/marginal.h.
///
/// Shapes    scores [..., N], log_likelihoods [..., N], targets Index [...], below 0: nothing is asked for, which costs 0
///           and has no gradient; mask Index broadcast to scores (1 = allowed) or empty -> costs [...], always finite.
Value marginal_cost(Value scores, Value log_likelihoods, Value targets, Value mask = {}, At at = At::here());

/// The same with weights [..., N] in place of softmax(scores): those of a site that chooses otherwise.
Value mixture_cost(Value weights, Value log_likelihoods, Value targets, At at = At::here());

}  // namespace fovea
