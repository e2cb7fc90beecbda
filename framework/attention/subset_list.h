#pragma once

#include "framework/attention/choice.h"

// The sets of k of N items one by one, in lexicographic order, where they are few: {0, 1}, {0, 2}, {1, 2} for 2 of 3. Their
// distribution is that of framework/attention/k_subset.h.
namespace fovea {

/// At most this many sets are listed; with k < N there are never fewer sets than items.
inline constexpr Extent kMostSubsets = 4096;

/// How many sets there are, 1 for k >= N; kMostSubsets + 1 for any number above kMostSubsets.
Extent subset_count(Extent items, Extent k);
/// The set of this number, `kept` [min(k, N)] ascending.
void subset_of_number(Extent items, Extent number, std::span<Index> kept);

/// out [subset_count]: the log-probability of every set.
///
/// Cost      O(k subset_count), for k < N.
void subset_log_probs(ConstRow scores, double temperature, Extent k, Row out);
/// grad_scores [N] += (d log_probs / d scores)^T grad [subset_count].
void subset_log_probs_backward(ConstRow scores, double temperature, Extent k, ConstRow grad, Row grad_scores);

}  // namespace fovea
