#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// The cost of an output that one of N items explains, with the choice of the item summed out.
///
/// Solves    cost = -log sum over n of p_n exp(l_n), p = softmax(scores) over the allowed items, l_n the log-likelihood of
///           the output where item n was chosen; by log-sum-exp, so that no probability underflows.
/// Shapes    scores [..., N], log_likelihoods [..., N], targets Index [...] and, if there is a fourth, mask Index broadcast
///           to scores (1 = allowed) -> costs [...].
/// Gradient  exact. With q_n = p_n exp(l_n) / sum, the probability of the choice once the output is known:
///           p_n - q_n for a score, -q_n for a log-likelihood. A target below 0 costs 0 and has no gradient; where no item
///           is allowed or none can give the output, the cost is -log of the smallest normal Real and has no gradient.
/// Cost      three passes over N forward, one backward; a Real of scratch for each row.
/// Source    Wu, Shapiro & Cotterell 2018, arXiv:1808.10024, section 3: the sum over all alignments of a string factorises
///           into one sum for each output.
OpPointer make_marginal_cost();

/// The same where p is given: cost = -log sum over n of weights_n exp(l_n). Items of weight 0 are left out.
///
/// Shapes    weights [..., N], not negative, log_likelihoods [..., N], targets Index [...] -> costs [...].
/// Gradient  exact: -q_n for a log-likelihood, -q_n / weights_n for a weight, at most the square root of the largest Real.
/// Source    as above; with sparse weights Correia et al. 2020, arXiv:2007.01919.
OpPointer make_mixture_cost();

}  // namespace fovea
