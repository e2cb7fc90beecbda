#pragma once

#include "framework/attention/estimator.h"

namespace fovea {

/// The score-function half of an estimator that evaluates every item several times.
class SeveralDraws : public ScoreFunction {
 public:
  /// Evaluations of each item, for a site of `items` candidates.
  virtual Extent draws(const SelectorParts& selector, Extent items) const = 0;
  /// The most items that a choice keeps: as many as the selector keeps, unless `choose` keeps more.
  virtual Extent capacity(const SelectorParts& selector, Extent items) const { return selector->capacity(items); }
  /// The choice of one draw in training. False: it has no choice, and `out` may hold anything. By default the selector's.
  virtual bool choose(const SelectorParts& selector, ConstRow scores, const Draw& draw, Choice& out) const {
    selector->select(scores, draw.rng, out);
    return true;
  }
  /// The first draw of an item is taken by its probability, so that its log_prob tells of the entropy.
  virtual bool first_is_drawn() const { return true; }
  /// grad_scores += factor * d log_prob / d scores, or what replaces it. By default that of the selector.
  virtual void pull_log_prob(const SelectorParts& selector, ConstRow scores, const Choice& choice, const Draw& /*draw*/,
                             Real factor, Row grad_scores) const {
    selector.sampled->log_prob_backward(scores, choice, factor, grad_scores);
  }
};

}  // namespace fovea
