#pragma once

#include "framework/graph/functions.h"

// Costs [B] that balance the load of experts, over M rows of each batch element. Axis letters: E experts, K places of a row.
namespace fovea {

/// The squared coefficient of variation (population) of a load [B, E]: variance / mean^2.
Value squared_variation(Value load, At at = At::here());

/// squared_variation of the total weight that each expert gets: kept Index [B, M, K], weights [B, M, K], scores [B, M, E].
/// Source: Shazeer et al. 2017, arXiv:1701.06538, equation 6.
Value importance_loss(Value kept, Value weights, Value scores, At at = At::here());

/// E sum over e of f_e P_e: f_e the share of e among all that rows want (wanted Index [B, M, K]), through which no gradient
/// passes, P_e the mean of softmax(scores)_e.
/// Source: Fedus et al. 2021, arXiv:2101.03961, equations 4 to 6, for K = 1; Wang et al. 2024, arXiv:2408.15664, equation 2.
Value balance_loss(Value wanted, Value scores, At at = At::here());

/// The mean of log(sum exp(scores))^2, which keeps scores small. Source: Zoph et al. 2022, arXiv:2202.08906, equation 5.
Value z_loss(Value scores, At at = At::here());

/// The probability that an expert is among the k best of its row if its own noise is drawn anew and that of the others is
/// kept.
///
/// Solves    P_e = Phi((clean_e - t_e) / deviation_e), t_e the k-th largest noisy score of the others; 1 where k >= E.
/// Shapes    clean, noisy and deviation [B, M, E], deviation > 0 -> [B, M, E].
/// Gradient  exact where the order of the noisy scores does not change.
/// Source    Shazeer et al. 2017, arXiv:1701.06538, appendix A, equations 8 to 10.
struct NoisyScores {
  Value clean;
  Value noisy;
  Value deviation;
};
Value probability_of_best(const NoisyScores& scores, Extent k, At at = At::here());
/// squared_variation of the sum over rows of those probabilities. Equation 11 there.
Value load_loss(const NoisyScores& scores, Extent k, At at = At::here());

}  // namespace fovea
