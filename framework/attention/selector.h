#pragma once

#include <algorithm>
#include <vector>

#include "framework/attention/choice.h"
#include "framework/core/half.h"
#include "framework/core/registry.h"
#include "framework/core/rng.h"

namespace fovea {

/// How a row of scores becomes a choice: weights and kept indices. One row at a time; masked items never arrive, and a row
/// with nothing allowed is handled by the site (count 0, gradient 0). Ties go to the lowest index.
///
/// A selector says what else it can do by also deriving from some of the halves below; a half that is not there is never
/// asked for.
///
/// A plugin: one file in modules/selectors, ended by FOVEA_SELECTOR("name", Class, R"doc(docstring)doc");
class Selector {
 public:
  static constexpr const char* kKind = "selector";

  /// What kernels may rely on.
  struct Traits {
    bool keeps_all = false;          // every candidate is kept, always: kept is 0 .. N-1
    bool keeps_best = false;         // the capacity(N) best are kept, always, weighted by a softmax over these alone
    double softmax_temperature = 0;  // t > 0: the weights are softmax(scores / t) of every candidate
  };

  virtual ~Selector() = default;
  virtual void fields(Options& options);
  virtual Traits traits() const { return {}; }
  /// The largest count for N candidates.
  virtual Extent capacity(Extent items) const = 0;
  /// The length of Choice::scratch that the functions of the selector need for N candidates, >= N; never falls as N grows.
  /// By default N.
  virtual Extent scratch(Extent items) const;
  /// scores [N], N >= 1 -> out: the first `count` places of kept and weights, and log_prob.
  virtual void select(ConstRow scores, Rng rng, Choice& out) const = 0;

  /// Rows of one length that lie one after the other.
  struct Rows {
    Extent items = 0;         // N, >= 1
    Extent capacity = 0;      // K, >= capacity(N)
    ConstRow scores;          // [R, N]
    Row weights;              // [R, K], 0 past the count of a row
    std::span<Index> kept;    // [R, K], -1 past it
    std::span<Index> counts;  // [R]
    Row scratch;              // as in Choice, shared by the rows

    Extent size() const { return static_cast<Extent>(counts.size()); }  // R
    /// A row of [R, N]: [N].
    template <class T>
    std::span<T> items_of(std::span<T> all, Extent row) const {
      return all.subspan(row * items, items);
    }
    /// What is kept of a row of [R, K]: [count].
    template <class T>
    std::span<T> kept_of(std::span<T> all, Extent row) const {
      const auto count = static_cast<std::size_t>(counts[row]);
      return all.subspan(row * capacity, count);
    }
  };
  struct RowGradients {
    ConstRow weights;      // [R, K]; what lies past the count of a row is not read
    Row scores;            // [R, N]
    bool assigns = false;  // scores are written, not added to
  };
};

/// The half of a selector whose weights have a derivative.
class DifferentiableChoice {
 public:
  virtual ~DifferentiableChoice() = default;
  /// grad_scores [N] += (d weights / d scores)^T grad_weights; grad_weights [count] belongs to kept.
  virtual void backward(ConstRow scores, const Choice& choice, ConstRow grad_weights, Row grad_scores) const = 0;
  /// What the selector learns at each site; given to its functions in Choice::parameters.
  virtual std::vector<SiteParameter> parameters() const { return {}; }
};

/// The half of a selector that draws from its Rng.
class RandomChoice {
 public:
  virtual ~RandomChoice() = default;
  /// The most probable choice, without noise, for evaluation.
  virtual void select_greedy(ConstRow scores, Rng rng, Choice& out) const = 0;
};

/// A random choice with a probability: `select` gives its log_prob.
class SampledChoice : public RandomChoice {
 public:
  /// grad_scores [N] += factor * d log_prob / d scores.
  virtual void log_prob_backward(ConstRow scores, const Choice& choice, Real factor, Row grad_scores) const = 0;
};

/// The half of a selector whose choices can be enumerated one by one.
class EnumerableChoice {
 public:
  virtual ~EnumerableChoice() = default;
  /// How many choices there are for N candidates; 0: too many to be enumerated.
  virtual Extent choices(Extent items) const = 0;
  /// The log-probabilities of all choices -> out [choices].
  virtual void log_probs(ConstRow scores, Row out) const = 0;
  /// grad_scores [N] += (d log_probs / d scores)^T grad [choices].
  virtual void log_probs_backward(ConstRow scores, ConstRow grad, Row grad_scores) const = 0;
  /// Makes choice `number` as `select` would.
  virtual void take(ConstRow scores, Extent number, Choice& out) const = 0;
  /// grad_scores [N] += (d E[weights] / d scores)^T grad_weights [N], E the mean over all choices; also where these are too
  /// many for a row of N. The default is for choices of one item, choice c being item c.
  virtual void mean_weights_backward(ConstRow scores, const Choice& choice, ConstRow grad_weights, Row grad_scores) const;
};

/// The half of a selector without parameters that is faster for many rows at once.
class ManyRows {
 public:
  virtual ~ManyRows() = default;
  /// As `select` for each row with its generator in rngs [R], or `select_greedy` where rngs is empty, to the bit; log_prob
  /// is lost.
  virtual void select_rows(const Selector::Rows& rows, std::span<const Rng> rngs) const = 0;
};

/// The same for the gradient.
class ManyRowGradients {
 public:
  virtual ~ManyRowGradients() = default;
  /// As `backward` for each row, to the bit.
  virtual void backward_rows(const Selector::Rows& rows, const Selector::RowGradients& grad) const = 0;
};

/// A selector and its halves, looked up once; null: not there.
struct SelectorParts {
  SelectorParts(const Selector& whole);  // NOLINT(google-explicit-constructor): a selector is its parts

  const Selector* operator->() const { return selector; }
  const Selector& operator*() const { return *selector; }

  const Selector* selector;
  const DifferentiableChoice* derivative;
  const RandomChoice* random;
  const SampledChoice* sampled;
  const EnumerableChoice* enumerable;
  const ManyRows* rows;
  const ManyRowGradients* row_gradients;
};

template <>
Registry<Selector>& Registry<Selector>::instance();

/// What a selector learns at each site.
std::vector<SiteParameter> parameters_of(const Selector& selector);

/// Many rows, one by one or by the half that is faster.
void select_rows(const SelectorParts& selector, const Selector::Rows& rows, std::span<const Rng> rngs);
void backward_rows(const SelectorParts& selector, const Selector::Rows& rows, const Selector::RowGradients& grad);
/// Always one by one; for the halves themselves, where they have nothing faster.
void select_row_by_row(const SelectorParts& selector, const Selector::Rows& rows, std::span<const Rng> rngs);
void backward_row_by_row(const DifferentiableChoice& selector, const Selector::Rows& rows,
                         const Selector::RowGradients& grad);

/// Everything is kept in every row: writes all but the weights of the items.
void keep_all(const Selector::Rows& rows);

/// True where the capacity stays below N for large N, so that work follows the choice.
bool is_sparse(const Selector& selector);
/// True where one item is kept, however many there are.
bool keeps_one(const Selector& selector);

/// The scratch of a site, in Reals: what the selector asks for, and four rows for estimators.
inline Extent scratch_of(const Selector& selector, Extent items) { return std::max(selector.scratch(items), 4 * items); }

}  // namespace fovea

#define FOVEA_SELECTOR(name, Class, doc) FOVEA_REGISTER(::fovea::Selector, name, Class, doc)
