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
    bool keeps_best = false;         // kept are the capacity(N) best, always, weighted by softmax over these alone
  };

  virtual ~Selector() = default;
  virtual void fields(Options& options);
  /// What the selector learns at each site; given to its functions in Choice::parameters.
  virtual std::vector<SiteParameter> parameters() const { return {}; }
  virtual Traits traits() const = 0;
  /// t > 0: the weights are softmax(scores / t) of every candidate, so that kernels may compute them; 0: something else.
  virtual double softmax_temperature() const { return 0; }
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

  /// Many rows at once, of a selector that has no parameters.
  struct Rows {
    Extent items = 0;         // N, >= 1
    Extent capacity = 0;      // K, >= capacity(N)
    ConstRow scores;          // [R, N]
    Row weights;              // [R, K], 0 behind the count of a row
    std::span<Index> kept;    // [R, K], -1 behind it
    std::span<Index> counts;  // [R]
    Row scratch;              // as in Choice, shared by the rows

    Extent size() const { return static_cast<Extent>(counts.size()); }  // R
    /// A row of [R, N]: [N].
    template <class T>
    std::span<T> items_of(std::span<T> all, Extent row) const {
      return all.subspan(static_cast<std::size_t>(row * items), static_cast<std::size_t>(items));
    }
    /// What is kept of a row of [R, K]: [count].
    template <class T>
    std::span<T> kept_of(std::span<T> all, Extent row) const {
      const auto count = static_cast<std::size_t>(counts[static_cast<std::size_t>(row)]);
      return all.subspan(static_cast<std::size_t>(row * capacity), count);
    }
  };
  struct RowGradients {
    ConstRow weights;      // [R, K]; what lies behind the count of a row is not read
    Row scores;            // [R, N]
    bool assigns = false;  // scores are written, not added to
  };
  /// As `select` for each row with its numbers of rngs [R], or `select_greedy` where there are none, to the bit; log_prob is
  /// lost. By default row by row.
  virtual void select_rows(const Rows& rows, std::span<const Rng> rngs) const;
  /// As `backward` for each row, to the bit. By default row by row.
  virtual void backward_rows(const Rows& rows, const RowGradients& grad) const;
};

template <>
Registry<Selector>& Registry<Selector>::instance();

/// Everything is kept in every row: writes all but the weights of the items.
void keep_all(const Selector::Rows& rows);

/// The scratch of a site, in Reals: what the selector asks for, and four rows for estimators.
inline Extent scratch_of(const Selector& selector, Extent items) { return std::max(selector.scratch(items), 4 * items); }

}  // namespace fovea

#define FOVEA_SELECTOR(name, Class, doc) FOVEA_REGISTER(::fovea::Selector, name, Class, doc)
