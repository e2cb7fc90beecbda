#pragma once

#include "framework/attention/choice.h"

// The conditional Bernoulli distribution: sets S of k of N items with p(S) = exp(sum over S of s_i / t) / Z, in O(N k) time.
// Everything is a sum of products of probabilities, so that nothing cancels, overflows or vanishes at any scale of the
// scores.
//
// Source    Chen & Liu 1997, Statistica Sinica 7, 875-892; Ahmed et al. 2023, arXiv:2210.01941 (SIMPLE).
namespace fovea {

/// A row of scores [N], N >= 1, and the size of the sets; k >= N means the one set of all items. `scratch` is as long as
/// `subset_scratch` says; nothing in it outlives a call.
struct SubsetRow {
  ConstRow scores;
  double temperature = 1;
  Extent k = 1;
  Row scratch;
};

Extent subset_scratch(Extent items, Extent k);

/// Draws a set into `kept` [min(k, N)], ascending; returns its log-probability.
Real draw_subset(const SubsetRow& row, Rng rng, std::span<Index> kept);
/// The log-probability of a set of min(k, N) items, ascending.
Real subset_log_prob(const SubsetRow& row, std::span<const Index> kept);
/// marginals [N]: the probability that each item is in the set; they sum to min(k, N).
void subset_marginals(const SubsetRow& row, Row marginals);
/// grad_scores [N] += (d marginals / d scores)^T grad_marginals.
void subset_marginals_backward(const SubsetRow& row, ConstRow grad_marginals, Row grad_scores);

}  // namespace fovea
