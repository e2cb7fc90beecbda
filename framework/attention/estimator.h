#pragma once

#include <span>
#include <string>
#include <string_view>

#include "framework/attention/selector.h"

namespace fovea {

/// How a gradient passes a selector that has none. Two parts, either of which may be absent:
///   through_choice  a path through the weights (straight-through and its kin), row by row;
///   advantages      the score-function part: grad_scores += advantage * d log_prob / d scores, with advantage made of the
///                   costs of the whole batch, once per training step; it may keep a baseline, saved with the run.
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
  };

  virtual ~Estimator() = default;
  virtual void fields(Options& options);
  virtual Traits traits() const = 0;

  /// grad_scores [N] += the estimate, from the gradient with respect to the weights: [count], of the kept items, where
  /// `reads_kept_only()`, else [N], of every candidate. `rng` gives the numbers that it gave to `select`.
  /// Where traits().has_path.
  virtual void through_choice(const Selector& selector, ConstRow scores, const Choice& choice, Rng rng,
                              ConstRow grad_weights, Row grad_scores) const;
  /// False: the read of the site computes the gradient of the weight of every candidate in backward (dense work, counted
  /// as such), so the site must be given values.
  virtual bool reads_kept_only() const { return true; }

  /// costs [B] -> advantages [B], called once per training step for the whole batch.
  virtual void advantages(std::span<const Real> costs, std::span<Real> out);
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
