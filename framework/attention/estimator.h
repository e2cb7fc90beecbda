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
  /// Of the choices that the site made, summed over its rows; minus infinity: this draw stands for no choice.
  std::span<const Real> log_probs;
  Extent draws = 1;
};

/// What becomes of each: its gradient through the model is multiplied by the weight, that of its log-probability by the
/// advantage. [B R]
struct Shares {
  std::span<Real> weights;
  std::span<Real> advantages;
};

/// One draw of an item in backward. Places are those of the items that the row may see, N in number.
struct DrawRun {
  Draw draw;
  ConstRow scores;               // [N]
  Choice choice;                 // as it was made
  ConstRow read;                 // [V], what it read
  ConstRow grad_weights;         // as `pull_weights` gets them
  Real grad_log_prob = 0;        // of the model, for the log-probability that the site gave it
  Real advantage = 0;            // as `weigh` gave it, times `scale`
  Real scale = 0;                // what the mean over the items of the batch multiplies the cost of this row with
  const Real* values = nullptr;  // of all items of the memory
  std::span<const Index> items;  // in it, those of the row [N]
  Row grad_scores;               // [N], to be added to

  ConstRow value(std::size_t place) const {
    return {values + static_cast<std::size_t>(items[place]) * read.size(), read.size()};
  }
};
inline constexpr std::size_t kMostDrawsOfItem = 8;

/// All draws of an item in backward.
struct ItemRun {
  const Selector* selector = nullptr;
  std::span<const DrawRun> draws;
  std::span<const ConstRow> parameters;  // in the order of Estimator::item_parameters
  std::span<const Row> grad_parameters;  // to be added to; an empty row is not wanted
  Row scratch;                           // [item_scratch]
};

/// How a gradient passes a selector that has none. Two parts, either of which may be absent:
///   through_choice  a path through the weights (straight-through and its kin), row by row;
///   advantages      the score-function part: grad_scores += advantage * d log_prob / d scores, with advantage made of the
///                   costs of the whole batch, once per training step; it may keep a baseline, saved with the run.
/// An estimator that evaluates every item several times says so in `draws`, and may then choose, weigh and pull in its own
/// way for each of them.
///
/// A plugin: one file in modules/estimators, ended by FOVEA_ESTIMATOR("name", Class, R"doc(docstring)doc"); its docstring
/// has Approximates / With / Requires / Bias.
class Estimator {
 public:
  static constexpr const char* kKind = "estimator";

  struct Traits {
    bool has_path = false;            // through_choice is defined
    bool has_score_function = false;  // advantages is defined; needs a selector that samples
    bool needs_derivative = false;    // usable only with a differentiable selector (the estimator "none")
    bool is_biased = false;
    bool needs_one_choice = false;   // of one query in all, outside of loops, and no other site with several draws
    bool needs_enumeration = false;  // a selector whose choices can be counted: Selector::choices
    bool needs_two_items = false;    // binary: sites of two candidates
    bool needs_one_item = false;     // a selector that keeps one item, always
    bool needs_hard_choice = false;  // a selector that keeps few items, all with the same weight
    bool pulls_items = false;  // pull_item is defined and does all of backward; needs_one_choice, and values at the site
  };

  virtual ~Estimator() = default;
  virtual void fields(Options& options);
  virtual Traits traits() const = 0;

  /// What the estimator learns at a site; handed to `baseline` as values of the graph.
  virtual std::vector<SiteParameter> parameters(Extent query_width) const;
  /// A prediction of the cost for each query, [B, M], which is taken off the advantage of its choice and trained to come
  /// close to the cost; empty: none. The gradient of the prediction must end at the parameters.
  virtual Value baseline(std::span<const Value> parameters, Value queries) const;

  /// grad_scores [N] += the estimate, from the gradient with respect to the weights: [count], of the kept items, where
  /// `reads_kept_only()`, else [N], of every candidate. `rng` gives the numbers that it gave to `select`.
  /// Where traits().has_path.
  virtual void through_choice(const Selector& selector, ConstRow scores, const Choice& choice, Rng rng,
                              ConstRow grad_weights, Row grad_scores) const;
  /// False: the read of the site computes the gradient of the weight of every candidate in backward (dense work, counted
  /// as such), so the site must be given values.
  virtual bool reads_kept_only() const { return true; }

  /// costs [B] -> advantages [B], called once per training step for the whole batch; with several draws an item has a row
  /// for each.
  virtual void advantages(std::span<const Real> costs, std::span<Real> out);

  // For several draws an item:
  /// Evaluations of each item, for a site of `items` candidates.
  virtual Extent draws(const Selector& selector, Extent items) const;
  /// Places of a choice: that of the selector, unless `choose` keeps more.
  virtual Extent capacity(const Selector& selector, Extent items) const;
  /// The choice of one draw in training. False: it stands for no choice, and `out` may hold any. By default the selector's.
  virtual bool choose(const Selector& selector, ConstRow scores, const Draw& draw, Choice& out) const;
  /// By default weight 1 / R for each draw, and the advantages times that.
  virtual void weigh(const Evaluations& evaluations, const Shares& out);
  /// By default through_choice with the numbers of this draw.
  virtual void pull_weights(const Selector& selector, ConstRow scores, const Choice& choice, const Draw& draw,
                            ConstRow grad_weights, Row grad_scores) const;
  /// grad_scores += factor * d log_prob / d scores, or what takes its place. By default that of the selector.
  virtual void pull_log_prob(const Selector& selector, ConstRow scores, const Choice& choice, const Draw& draw, Real factor,
                             Row grad_scores) const;

  // For draws that are pulled together, where traits().pulls_items:
  /// What the estimator learns at a site with values of this width; at most kMostSiteParameters.
  virtual std::vector<SiteParameter> item_parameters(Extent value_width) const;
  /// The length of ItemRun::scratch for a site of `items` candidates.
  virtual Extent item_scratch(Extent items, Extent value_width) const;
  /// Adds the estimate to the scores of all draws of an item, and the gradient of the parameters.
  virtual void pull_item(const ItemRun& run) const;

  /// The baseline, saved in the checkpoint; the same length always.
  virtual std::span<double> state() { return {}; }
};

template <>
Registry<Estimator>& Registry<Estimator>::instance();

/// Why this estimator cannot train through this selector ("selector 'argmax' has no derivative and the estimator is
/// 'none'"), or "" where it can.
std::string misfit(const Selector& selector, std::string_view selector_name, const Estimator& estimator,
                   std::string_view estimator_name);

}  // namespace fovea

#define FOVEA_ESTIMATOR(name, Class, doc) FOVEA_REGISTER(::fovea::Estimator, name, Class, doc)
