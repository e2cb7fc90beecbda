#pragma once

#include <span>
#include <string>

#include "framework/core/real.h"
#include "framework/core/rng.h"
#include "framework/graph/graph.h"

namespace fovea {

/// A row of scores, weights or gradients: one Real per candidate, masked-out ones already removed. [N]
using Row = std::span<Real>;
using ConstRow = std::span<const Real>;

/// What a selector made of one row. The memory is the site's: capacity K = Selector::capacity(N).
///
/// Shapes    weights [K], kept [K] (positions within the row, ascending), count <= K; log_prob is the log-probability of
///           the choice where the selector samples, else 0; scratch [>= scratch_of(selector, N)] may be used freely within
///           any one call.
struct Choice {
  std::span<Real> weights;
  std::span<Index> kept;
  Extent count = 0;
  Real log_prob = 0;
  std::span<Real> scratch;  // its content is lost between calls
  // Of the selector, in the order of Selector::parameters.
  std::span<const ConstRow> parameters = {};
  std::span<const Row> grad_parameters = {};  // in backward, to be added to; an empty row is not wanted
};

/// A parameter that a selector or an estimator has at each site, trained with the model.
struct SiteParameter {
  std::string name;
  Shape shape;
  Init init;
};
inline constexpr std::size_t kMostSiteParameters = 4;  // of one selector

/// weights = softmax(scores / temperature), temperature > 0; returns log(sum(exp((scores - max) / temperature))). The
/// largest score is subtracted first: divided by a small temperature it could overflow. May work in place. Shapes: [N], [>=
/// N].
Real tempered_softmax(ConstRow scores, double temperature, Row weights);
/// grad_scores += weights * (grad_weights - dot(weights, grad_weights)) / temperature.
void tempered_softmax_backward(ConstRow weights, ConstRow grad_weights, double temperature, Row grad_scores);

/// Standard Gumbel noise, -log(-log(u)): the largest of scores + noise is a draw from their softmax. u has 23 random bits,
/// so that the noise is at most 16.6.
void fill_gumbel(Rng& rng, Row noise);

/// The places of the kept.size() best scores, ascending; ties go to the lowest place. kept.size() <= N.
void keep_best(ConstRow scores, std::span<Index> kept);

}  // namespace fovea
