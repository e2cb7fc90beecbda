#include "framework/attention/estimator.h"

#include <algorithm>

#include "framework/core/error.h"

namespace fovea {
namespace {

constexpr Extent kManyItems = Extent{1} << 20;

std::string quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

bool is_hard(const Selector& selector) {
  const Selector::Traits traits = selector.traits();
  return traits.is_sparse && (!traits.is_differentiable || selector.capacity(kManyItems) == 1);
}

}  // namespace

template <>
Registry<Estimator>& Registry<Estimator>::instance() {
  static Registry<Estimator> registry;
  return registry;
}

void Estimator::fields(Options& /*options*/) {}

std::vector<SiteParameter> Estimator::parameters(Extent /*query_width*/) const { return {}; }

Value Estimator::baseline(std::span<const Value> /*parameters*/, Value /*queries*/) const { return {}; }

void Estimator::through_choice(const Selector& /*selector*/, ConstRow /*scores*/, const Choice& /*choice*/, Rng /*rng*/,
                               ConstRow /*grad_weights*/, Row /*grad_scores*/) const {
  throw Error("estimator", "this estimator has no path through a choice; through_choice was called.");
}

void Estimator::advantages(std::span<const Real> /*costs*/, std::span<Real> /*out*/) {
  throw Error("estimator", "this estimator has no score-function part; advantages was called.");
}

Extent Estimator::draws(const Selector& /*selector*/, Extent /*items*/) const { return 1; }

Extent Estimator::capacity(const Selector& selector, Extent items) const { return selector.capacity(items); }

bool Estimator::choose(const Selector& selector, ConstRow scores, const Draw& draw, Choice& out) const {
  selector.select(scores, draw.rng, out);
  return true;
}

void Estimator::weigh(const Evaluations& evaluations, const Shares& out) {
  const Real weight = Real(1) / static_cast<Real>(evaluations.draws);
  std::fill(out.weights.begin(), out.weights.end(), weight);
  advantages(evaluations.costs, out.advantages);
  for (Real& advantage : out.advantages) advantage *= weight;
}

void Estimator::pull_weights(const Selector& selector, ConstRow scores, const Choice& choice, const Draw& draw,
                             ConstRow grad_weights, Row grad_scores) const {
  through_choice(selector, scores, choice, draw.rng, grad_weights, grad_scores);
}

void Estimator::pull_log_prob(const Selector& selector, ConstRow scores, const Choice& choice, const Draw& /*draw*/,
                              Real factor, Row grad_scores) const {
  selector.log_prob_backward(scores, choice, factor, grad_scores);
}

std::vector<SiteParameter> Estimator::item_parameters(Extent /*value_width*/) const { return {}; }

Extent Estimator::item_scratch(Extent /*items*/, Extent /*value_width*/) const { return 0; }

void Estimator::pull_item(const ItemRun& /*run*/) const {
  throw Error("estimator", "this estimator pulls its draws one by one; pull_item was called.");
}

std::string misfit(const Selector& selector, std::string_view selector_name, const Estimator& estimator,
                   std::string_view estimator_name) {
  const Selector::Traits choice = selector.traits();
  const Estimator::Traits way = estimator.traits();
  if (way.has_score_function && !choice.samples) {
    return "estimator " + quoted(estimator_name) + " needs a selector that samples and the selector is " +
           quoted(selector_name);
  }
  if (way.needs_enumeration && selector.choices(2) == 0) {
    return "estimator " + quoted(estimator_name) + " needs a selector whose choices can be enumerated and the selector is " +
           quoted(selector_name);
  }
  if (way.needs_one_item && selector.capacity(kManyItems) != 1) {
    return "estimator " + quoted(estimator_name) + " needs a selector that keeps one item and the selector is " +
           quoted(selector_name);
  }
  if (way.needs_hard_choice && !is_hard(selector)) {
    return "estimator " + quoted(estimator_name) +
           " needs a selector that gives few items equal weights and the selector is " + quoted(selector_name);
  }
  if (way.needs_derivative && !choice.is_differentiable) {
    return "selector " + quoted(selector_name) + " has no derivative and the estimator is " + quoted(estimator_name);
  }
  if (way.needs_derivative && selector.capacity(kManyItems) == 1) {
    // One kept item has weight 1 whatever its score: the derivative exists and is 0 everywhere.
    return "selector " + quoted(selector_name) + " keeps one item, whose weight is always 1, so no gradient reaches the " +
           "scores, and the estimator is " + quoted(estimator_name);
  }
  return "";
}

}  // namespace fovea
