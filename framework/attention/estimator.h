#pragma once

#include <span>
#include <string>
#include <string_view>

#include "framework/attention/selector.h"
#include "framework/graph/builder.h"

namespace fovea {

/// One of the evaluations of an item, where an estimator compares several choices for it.
struct Draw {
  Extent index = 0;  // < count
  Extent count = 1;
  Rng rng;     // of this row of choices in this draw
  Rng shared;  // of this row of choices, the same in all draws of the item
};

/// What the draws of a batch cost. Rows [B R]: the R draws of an item one after the other.
struct Evaluations {
  std::span<const Real> costs;
  /// Of the choices that the site made, summed over its rows; minus infinity: this draw has no choice.
  std::span<const Real> log_probs;
  Extent draws = 1;
};

/// What each draw counts: its gradient through the model is multiplied by the weight, that of its log-probability by the
/// advantage. [B R]
struct Shares {
  std::span<Real> weights;
  std::span<Real> advantages;
};

/// How a gradient passes through a selector that has none. An estimator says what it does by also deriving from its halves;
/// it needs at least one:
///   WeightPath     a path through the weights (straight-through and its kin), row by row;
///   ScoreFunction  grad_scores += advantage * d log_prob / d scores, the advantages made from the costs of the whole batch;
///                  as Advantages with one evaluation of each item, as SeveralDraws (several_draws.h) with more, and then
///                  with a WholeItems (whole_items.h) that pulls all of them together;
///   Critic         a baseline that is learned (critic.h).
///
/// A plugin: one file in modules/estimators, ended by FOVEA_ESTIMATOR("name", Class, R"doc(docstring)doc"); its docstring
/// has Approximates / With / Requires / Bias.
class Estimator {
 public:
  static constexpr const char* kKind = "estimator";

  struct Traits {
    bool is_biased = false;
    // What it needs from the selector and from the site:
    bool needs_derivative = false;   // a DifferentiableChoice whose gradient is not 0 everywhere
    bool needs_enumeration = false;  // an EnumerableChoice
    bool needs_one_item = false;     // one item is kept, always
    bool needs_hard_choice = false;  // few items are kept, all with the same weight
    bool needs_two_items = false;    // binary: sites of two candidates
    bool needs_one_choice = false;   // one choice for each item of the batch, outside loops, and no other site with several
                                     // draws; true of every WholeItems
  };

  virtual ~Estimator() = default;
  virtual void fields(Options& options);
  virtual Traits traits() const { return {}; }
};

/// A path of the gradient through the weights.
class WeightPath {
 public:
  /// Which candidates need the gradient with respect to their weight. kAll costs dense work in the backward of the
  /// read, counted as such, and the site must be given values.
  enum class Reads : std::uint8_t { kKept, kAll };

  virtual ~WeightPath() = default;
  virtual Reads reads() const { return Reads::kKept; }
  /// grad_scores [N] += the estimate, from the gradient with respect to the weights: [count], of the kept items, or [N], of
  /// every candidate, as `reads` says. The draw has the random numbers that `select` was given.
  virtual void through_choice(const SelectorParts& selector, ConstRow scores, const Choice& choice, const Draw& draw,
                              ConstRow grad_weights, Row grad_scores) const = 0;
};

/// The part of the gradient that passes through the log-probability of a choice; it needs a SampledChoice.
class ScoreFunction {
 public:
  virtual ~ScoreFunction() = default;
  /// The weight and the advantage of every draw, called once per training step for the whole batch.
  virtual void share_out(const Evaluations& evaluations, const Shares& out) = 0;
  /// The baseline, saved in the checkpoint; its length never changes.
  virtual std::span<double> state() { return {}; }
};

/// A score function with one evaluation of each item: every one has the same weight.
class Advantages : public ScoreFunction {
 public:
  /// costs [B] -> advantages [B]
  virtual void advantages(std::span<const Real> costs, std::span<Real> out) = 0;
  void share_out(const Evaluations& evaluations, const Shares& out) final;
};

class SeveralDraws;
class WholeItems;
class Critic;

/// An estimator and its halves, looked up once; null: not there.
struct EstimatorParts {
  explicit EstimatorParts(const Estimator& whole);

  const Estimator* estimator;
  Estimator::Traits traits;
  const WeightPath* path;
  const ScoreFunction* score_function;
  const SeveralDraws* several_draws;
  const WholeItems* whole_items;
  const Critic* critic;

  /// Backward needs the gradient of the weight of every candidate.
  bool reads_all() const { return path != nullptr && path->reads() == WeightPath::Reads::kAll; }
  Extent draws(const SelectorParts& selector, Extent items) const;
  Extent capacity(const SelectorParts& selector, Extent items) const;
};

template <>
Registry<Estimator>& Registry<Estimator>::instance();

/// Why this estimator cannot train through this selector ("selector 'argmax' has no derivative and the estimator is
/// 'none'"), or "" where it can.
std::string misfit(const Selector& selector, std::string_view selector_name, const Estimator& estimator,
                   std::string_view estimator_name);

}  // namespace fovea

#define FOVEA_ESTIMATOR(name, Class, doc) FOVEA_REGISTER(::fovea::Estimator, name, Class, doc)
