#pragma once

#include <span>

#include "framework/core/real.h"

// Rows of scores z to weights p >= 0, sum(p) = 1, most of which are 0: the maximisers of p . z / t plus a Tsallis
// entropy. The bits depend on the values and the length only. A score that is not finite gives weights that are NaN.
namespace fovea::cpu {

/// Where the weights of a row go: those above 0 and their places, ascending, side by side.
struct SparseRow {
  Real* weights;  // [N]
  Index* kept;    // [N]
  Real* scratch;  // [simplex_scratch(N)]
};

/// The scratch of the functions below, for N scores.
Extent simplex_scratch(Extent items);

/// p_i = max(z_i / t - tau, 0). Returns how many weights are above 0, as do the two below.
/// Cost      a few passes over the scores within t of the largest: Newton's method on tau, which ends at the exact set.
/// Source    Martins & Astudillo 2016, arXiv:1602.02068; Michelot 1986, J. Optim. Theory Appl. 50, 195-200 (the iteration).
Extent sparsemax(std::span<const Real> scores, double temperature, const SparseRow& out);

/// p_i = max(z_i / (2 t) - tau, 0)^2: entmax with alpha = 1.5, in closed form once the set is known.
/// Source    Peters et al. 2019, arXiv:1905.05702, section 4.2.
Extent entmax15(std::span<const Real> scores, double temperature, const SparseRow& out);

/// p_i = max((alpha - 1) z_i / t - tau, 0)^(1 / (alpha - 1)), alpha > 1, by Newton's method within a bracket.
/// Source    Blondel et al. 2020, arXiv:1901.02324, section 7; Peters et al. 2019.
Extent entmax(std::span<const Real> scores, double alpha, double temperature, const SparseRow& out);

/// Many rows of N scores, one after the other. After the weights above 0 of a row come weights 0 and places -1.
struct SparseRows {
  Extent capacity;  // K >= N
  Real* weights;    // [R, K]
  Index* kept;      // [R, K]
  Index* counts;    // [R]
  Real* scratch;    // [simplex_scratch(N)]
};

/// `sparsemax` and `entmax15` of every row of scores [R, N], to the bit.
void sparsemax_rows(std::span<const Real> scores, Extent items, double temperature, const SparseRows& out);
void entmax15_rows(std::span<const Real> scores, Extent items, double temperature, const SparseRows& out);

/// What a row kept, and the gradient with respect to it.
struct KeptRow {
  std::span<const Real> weights;  // [K]
  const Index* kept;              // [K]
  const Real* grad_weights;       // [K]
};

/// p_i = max(z_i / t - tau, 0), sum_j p_j = 1  =>  grad_scores_i += (g_i - mean of g over kept) / t on kept.
void sparsemax_backward(const KeptRow& row, double temperature, Real* grad_scores);
/// p_i = max(z_i / (2 t) - tau, 0)^2, r_i = sqrt(p_i)  =>  grad_scores_i += r_i (g_i - sum_j r_j g_j / sum_j r_j) / t on
/// kept.
void entmax15_backward(const KeptRow& row, double temperature, Real* grad_scores);

}  // namespace fovea::cpu
