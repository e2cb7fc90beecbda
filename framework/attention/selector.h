#pragma once

#include <algorithm>
#include <vector>

#include "framework/attention/choice.h"
#include "framework/core/registry.h"
#include "framework/core/rng.h"

namespace fovea {

/// How a row of scores becomes a choice: weights, kept indices, log-probability. One row at a time; masked items never
/// arrive, and a row with nothing allowed is handled by the site (count 0, gradient 0). Ties go to the lowest index.
///
/// A plugin: one file in modules/selectors, ended by FOVEA_SELECTOR("name", Class, R"doc(docstring)doc");
class Selector {
 public:
  static constexpr const char* kKind = "selector";

  struct Traits {
    bool is_differentiable = false;  // backward gives the exact gradient of the weights
    bool samples = false;            // the choice is random: log_prob and log_prob_backward are defined
    bool is_random = false;          // select draws from its Rng though it has no log_prob; implied by samples
    bool is_sparse = false;          // capacity(N) < N for large N: work follows the choice
    bool keeps_all = false;          // every candidate is kept, always: kept is 0 .. N-1
  };

  virtual ~Selector() = default;
  virtual void fields(Options& options);
  /// What the selector learns at each site; given to its functions in Choice::parameters.
  virtual std::vector<SiteParameter> parameters() const { return {}; }
  virtual Traits traits() const = 0;
  /// The largest count for N candidates.
  virtual Extent capacity(Extent items) const = 0;
  /// The length of Choice::scratch that select, backward and log_prob_backward need for N candidates, >= N; does not fall
  /// with N. By default N.
  virtual Extent scratch(Extent items) const;

  /// scores [N], N >= 1 -> out: the first `count` places of kept and weights, and log_prob.
  virtual void select(ConstRow scores, Rng rng, Choice& out) const = 0;
  /// The most probable choice, without noise, for evaluation; by default `select`.
  virtual void select_greedy(ConstRow scores, Rng rng, Choice& out) const;
  /// grad_scores [N] += (d weights / d scores)^T grad_weights; grad_weights [count] belongs to kept. Where
  /// traits().is_differentiable.
  virtual void backward(ConstRow scores, const Choice& choice, ConstRow grad_weights, Row grad_scores) const;
  /// grad_scores [N] += factor * d log_prob / d scores. Where traits().samples.
  virtual void log_prob_backward(ConstRow scores, const Choice& choice, Real factor, Row grad_scores) const;

  /// How many choices there are for N candidates, where they can be enumerated one by one; 0: they cannot. Then log_probs
  /// [choices] are those of all of them, and `take` makes choice `number` as `select` would.
  virtual Extent choices(Extent items) const;
  virtual void log_probs(ConstRow scores, Row out) const;
  virtual void take(ConstRow scores, Extent number, Choice& out) const;
  /// grad_scores [N] += (d log_probs / d scores)^T grad [choices].
  virtual void log_probs_backward(ConstRow scores, ConstRow grad, Row grad_scores) const;
  /// grad_scores [N] += (d E[weights] / d scores)^T grad_weights [N], E the mean over all choices; also where these are too
  /// many for a row of N. By default for a selector that keeps one item, choice c being item c.
  virtual void mean_weights_backward(ConstRow scores, const Choice& choice, ConstRow grad_weights, Row grad_scores) const;

  /// Many rows at once, where traits().keeps_all: scores [R, N] -> weights [R, N], equal to `select` to the bit (where
  /// nothing is random); and grad_scores [R, N] += as `backward` does. `kept` [N] is 0 .. N-1, `scratch` is as in Choice.
  /// By default row by row.
  struct Rows {
    ConstRow scores;
    Row weights;
    std::span<Index> kept;
    Row scratch;
  };
  virtual void select_rows(const Rows& rows) const;
  virtual void backward_rows(const Rows& rows, ConstRow grad_weights, Row grad_scores) const;
};

template <>
Registry<Selector>& Registry<Selector>::instance();

/// The scratch of a site, in Reals: what the selector asks for, and four rows for estimators.
inline Extent scratch_of(const Selector& selector, Extent items) { return std::max(selector.scratch(items), 4 * items); }

}  // namespace fovea

#define FOVEA_SELECTOR(name, Class, doc) FOVEA_REGISTER(::fovea::Selector, name, Class, doc)
