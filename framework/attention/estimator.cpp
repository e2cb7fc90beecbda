#include "framework/attention/estimator.h"

#include <algorithm>

#include "framework/attention/critic.h"
#include "framework/attention/several_draws.h"
#include "framework/attention/whole_items.h"

namespace fovea {
namespace {

std::string quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

bool is_hard(const SelectorParts& selector) {
  return is_sparse(*selector) && (selector.derivative == nullptr || keeps_one(*selector));
}

}  // namespace

template <>
Registry<Estimator>& Registry<Estimator>::instance() {
  static Registry<Estimator> registry;
  return registry;
}

void Estimator::fields(Options& /*options*/) {}

void Advantages::share_out(const Evaluations& evaluations, const Shares& out) {
  const Real weight = Real(1) / static_cast<Real>(evaluations.draws);  // other sites may ask for several
  std::fill(out.weights.begin(), out.weights.end(), weight);
  advantages(evaluations.costs, out.advantages);
  for (Real& advantage : out.advantages) advantage *= weight;
}

EstimatorParts::EstimatorParts(const Estimator& whole)
    : estimator(&whole),
      traits(whole.traits()),
      path(half_of<WeightPath>(whole)),
      score_function(half_of<ScoreFunction>(whole)),
      several_draws(half_of<SeveralDraws>(whole)),
      whole_items(half_of<WholeItems>(whole)),
      critic(half_of<Critic>(whole)) {
  traits.needs_one_choice |= whole_items != nullptr;
}

Extent EstimatorParts::draws(const SelectorParts& selector, Extent items) const {
  return several_draws == nullptr ? 1 : several_draws->draws(selector, items);
}

Extent EstimatorParts::capacity(const SelectorParts& selector, Extent items) const {
  return several_draws == nullptr ? selector->capacity(items) : several_draws->capacity(selector, items);
}

std::string misfit(const Selector& selector, std::string_view selector_name, const Estimator& estimator,
                   std::string_view estimator_name) {
  const SelectorParts choice(selector);
  const EstimatorParts parts(estimator);
  const Estimator::Traits& way = parts.traits;
  if (parts.score_function != nullptr && choice.sampled == nullptr) {
    return "estimator " + quoted(estimator_name) + " needs a selector that samples and the selector is " +
           quoted(selector_name);
  }
  if (way.needs_enumeration && choice.enumerable == nullptr) {
    return "estimator " + quoted(estimator_name) + " needs a selector whose choices can be enumerated and the selector is " +
           quoted(selector_name);
  }
  if (way.needs_one_item && !keeps_one(selector)) {
    return "estimator " + quoted(estimator_name) + " needs a selector that keeps one item and the selector is " +
           quoted(selector_name);
  }
  if (way.needs_hard_choice && !is_hard(choice)) {
    return "estimator " + quoted(estimator_name) +
           " needs a selector that gives few items equal weights and the selector is " + quoted(selector_name);
  }
  if (way.needs_derivative && choice.derivative == nullptr) {
    return "selector " + quoted(selector_name) + " has no derivative and the estimator is " + quoted(estimator_name);
  }
  if (way.needs_derivative && keeps_one(selector)) {
    // One kept item has weight 1 whatever its score: the derivative exists and is 0 everywhere.
    return "selector " + quoted(selector_name) + " keeps one item, whose weight is always 1, so no gradient reaches the " +
           "scores, and the estimator is " + quoted(estimator_name);
  }
  return "";
}

}  // namespace fovea
