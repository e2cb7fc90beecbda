#pragma once

#include <cmath>

#include "framework/attention/several_draws.h"

// Internal to arm and disarm: pairs of binary choices from one uniform number.
namespace fovea::antithetic {

struct Pair {
  double logit = 0;    // of the second candidate
  double uniform = 0;  // shared by both draws of an item
  bool first = false;  // whether draw 0, then draw 1, takes the second candidate
  bool second = false;
};

inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

inline Pair pair_of(const SelectorParts& selector, ConstRow scores, const Draw& draw) {
  Real log_probs[2] = {};
  selector.enumerable->log_probs(scores, log_probs);
  Pair pair;
  Rng rng = draw.shared;
  pair.logit = static_cast<double>(log_probs[1]) - static_cast<double>(log_probs[0]);
  pair.uniform = rng.uniform();
  pair.first = pair.uniform > sigmoid(-pair.logit);
  pair.second = pair.uniform < sigmoid(pair.logit);
  return pair;
}

/// The part that both estimators share. `slope` is the estimate for the logit where the costs differ by 1.
class Antithetic : public Estimator, public SeveralDraws {
 public:
  Traits traits() const override { return {.needs_enumeration = true, .needs_one_item = true, .needs_two_items = true}; }
  Extent draws(const SelectorParts& /*selector*/, Extent /*items*/) const override { return 2; }

  bool choose(const SelectorParts& selector, ConstRow scores, const Draw& draw, Choice& out) const override {
    if (scores.size() == 1) {  // the other candidate is masked
      selector.enumerable->take(scores, 0, out);
      return true;
    }
    const Pair pair = pair_of(selector, scores, draw);
    selector.enumerable->take(scores, (draw.index == 0 ? pair.first : pair.second) ? 1 : 0, out);
    return true;
  }

  // The pair of an item makes one estimate, which its first row carries.
  void share_out(const Evaluations& evaluations, const Shares& out) override {
    for (std::size_t row = 0; row < out.weights.size(); ++row) {
      out.weights[row] = Real(0.5);
      out.advantages[row] = row % 2 == 0 ? evaluations.costs[row] - evaluations.costs[row + 1] : Real(0);
    }
  }

  void pull_log_prob(const SelectorParts& selector, ConstRow scores, const Choice& /*choice*/, const Draw& draw, Real factor,
                     Row grad_scores) const override {
    if (scores.size() == 1) return;
    const auto grad = static_cast<Real>(static_cast<double>(factor) * slope(pair_of(selector, scores, draw)));
    const Real of_log_probs[2] = {-grad, grad};  // logit = log p_1 - log p_0
    selector.enumerable->log_probs_backward(scores, of_log_probs, grad_scores);
  }

 protected:
  virtual double slope(const Pair& pair) const = 0;
};

}  // namespace fovea::antithetic
