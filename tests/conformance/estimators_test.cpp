#include <doctest/doctest.h>

#include <map>

#include "framework/attention/estimator.h"
#include "tests/conformance/chosen.h"
#include "tests/conformance/pulled_items.h"

// The estimates of every estimator that fits a selector, and the exact gradient of the expected cost. The cost of a
// choice is a curved function of what it reads: cost = sum over v of sin(3 r_v), r = sum over k of weights_k values[kept_k].
namespace fovea::conformance {
namespace {

using Scores = std::vector<Real>;
constexpr std::size_t kWidth = 3;
constexpr Extent kBatch = 16;
constexpr int kSteps = 4000;

struct Problem {
  explicit Problem(std::size_t count) : items(count), values(normals(count * kWidth, rng_of(30))) { scores.resize(count); }
  std::size_t items;
  Scores scores{0.25F, -0.5F, 0.9F, 0.1F, 0.5F};  // not where the support of a selector changes
  Scores values;

  std::vector<double> read(const Chosen& chosen) const {
    std::vector<double> out(kWidth);
    const Scores weights = chosen.dense(items);
    for (std::size_t i = 0; i < items * kWidth; ++i) out[i % kWidth] += static_cast<double>(weights[i / kWidth] * values[i]);
    return out;
  }
  double cost(const Chosen& chosen) const {
    double sum = 0;
    for (const double r : read(chosen)) sum += std::sin(3 * r);
    return sum;
  }
  /// d cost / d weight of every item, at this choice.
  Scores grad_weights(const Chosen& chosen) const {
    Scores grad(items);
    const std::vector<double> r = read(chosen);
    for (std::size_t i = 0; i < items * kWidth; ++i)
      grad[i / kWidth] += static_cast<Real>(3 * std::cos(3 * r[i % kWidth])) * values[i];
    return grad;
  }
};

/// sum over choices c of p_c cost_c d log p_c / d scores: exact where the weights do not depend on the scores.
std::vector<double> exact_of_sampler(const Problem& problem, const Selector& selector) {
  std::map<std::vector<Index>, Chosen> outcomes;
  for (std::uint32_t draw = 0; draw < 5000; ++draw) {
    const Chosen chosen = choose(selector, problem.scores, rng_of(draw));
    outcomes.emplace(chosen.kept, chosen);
  }
  std::vector<double> exact(problem.items);
  double total = 0;
  for (const auto& [kept, chosen] : outcomes) {
    const double probability = std::exp(static_cast<double>(chosen.log_prob));
    Scores slope(problem.items);
    half_of<SampledChoice>(selector)->log_prob_backward(problem.scores, chosen.choice(), 1, slope);
    for (std::size_t i = 0; i < problem.items; ++i)
      exact[i] += probability * problem.cost(chosen) * static_cast<double>(slope[i]);
    total += probability;
  }
  REQUIRE(total == doctest::Approx(1).epsilon(1e-5));
  return exact;
}

std::vector<double> exact_of_deterministic(const Problem& problem, const Selector& selector) {
  const double h = sizeof(Real) == 8 ? 1e-5 : 4e-3;
  std::vector<double> exact(problem.items);
  for (std::size_t i = 0; i < problem.items; ++i) {
    Scores up = problem.scores, down = problem.scores;
    up[i] += static_cast<Real>(h);
    down[i] -= static_cast<Real>(h);
    exact[i] = (problem.cost(choose(selector, up, rng_of(0))) - problem.cost(choose(selector, down, rng_of(0)))) / (2 * h);
  }
  return exact;
}

/// A selector with its own noise: the mean slope over exactly the draws that `estimate` sees.
std::vector<double> exact_of_noisy(const Problem& problem, const Selector& selector) {
  const double h = sizeof(Real) == 8 ? 1e-5 : 4e-3;
  std::vector<double> exact(problem.items);
  for (std::uint32_t draw = 0; draw < kSteps * static_cast<std::uint32_t>(kBatch); ++draw) {
    const Rng rng = rng_of(draw / static_cast<std::uint32_t>(kBatch), draw % static_cast<std::uint32_t>(kBatch) + 1);
    for (std::size_t i = 0; i < problem.items; ++i) {
      Scores up = problem.scores, down = problem.scores;
      up[i] += static_cast<Real>(h);
      down[i] -= static_cast<Real>(h);
      const double rise = problem.cost(choose(selector, up, rng)) - problem.cost(choose(selector, down, rng));
      exact[i] += rise / (2 * h) / (kSteps * kBatch);
    }
  }
  return exact;
}

struct Estimate {
  std::vector<double> mean;
  std::vector<double> error;  // standard error of the mean
};

// One evaluation: the choice of an estimator, and the gradient that it makes of a weight and an advantage.
struct Evaluation {
  Draw draw;
  Chosen chosen;

  /// As a site hands it to `through_choice`.
  Scores grad_weights(const Problem& problem, const Estimator& estimator, Real weight) const {
    Scores slopes = problem.grad_weights(chosen);
    if (!EstimatorParts(estimator).reads_all()) {
      for (std::size_t k = 0; k < chosen.kept.size(); ++k) slopes[k] = slopes[chosen.kept[k]];
      slopes.resize(chosen.kept.size());
    }
    for (Real& slope : slopes) slope *= weight;
    return slopes;
  }

  Scores gradient(const Problem& problem, const Selector& selector, const Estimator& estimator, Real weight,
                  Real advantage) const {
    Scores grad(problem.items);
    const EstimatorParts parts(estimator);
    if (parts.path != nullptr) {
      parts.path->through_choice(selector, problem.scores, chosen.choice(), draw, grad_weights(problem, estimator, weight),
                                 grad);
    }
    if (advantage != 0 && parts.several_draws != nullptr) {
      parts.several_draws->pull_log_prob(selector, problem.scores, chosen.choice(), draw, advantage, grad);
    } else if (advantage != 0) {
      half_of<SampledChoice>(selector)->log_prob_backward(problem.scores, chosen.choice(), advantage, grad);
    }
    return grad;
  }
};

/// The sum of the gradients of all rows, item by item where the estimator pulls them so.
std::vector<double> sum_of_gradients(const Problem& problem, const Selector& selector, const Estimator& estimator,
                                     const std::vector<Evaluation>& evaluations, const Shares& shares) {
  std::vector<double> sum(problem.items);
  PulledItem item{problem.scores, problem.values, {}};
  for (std::size_t row = 0; row < evaluations.size(); ++row) {
    const Evaluation& one = evaluations[row];
    Scores gradient;
    if (EstimatorParts(estimator).whole_items != nullptr) {
      const std::vector<double> read = problem.read(one.chosen);
      item.draws.push_back({one.draw, one.chosen.choice(), Scores(read.begin(), read.end()),
                            one.grad_weights(problem, estimator, shares.weights[row]), shares.advantages[row]});
      if (one.draw.index + 1 < one.draw.count) continue;
      item.learns = !item.learns;
      gradient = pull_together(estimator, selector, item);
      item.draws.clear();
    } else {
      gradient = one.gradient(problem, selector, estimator, shares.weights[row], shares.advantages[row]);
    }
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(gradient[i]);
  }
  return sum;
}

/// The mean gradient of a batch of kBatch items.
std::vector<double> batch_estimate(const Problem& problem, const Selector& selector, Estimator& estimator,
                                   std::uint32_t step) {
  const Extent draws = EstimatorParts(estimator).draws(selector, static_cast<Extent>(problem.items));
  std::vector<Evaluation> evaluations;
  Scores costs, log_probs;
  for (Extent row = 0; row < kBatch * draws; ++row) {
    const auto number = static_cast<std::uint32_t>(row);
    const Draw draw{row % draws, draws, rng_of(step, number + 1),
                    rng_of(step, number - number % static_cast<std::uint32_t>(draws) + 1)};
    auto [chosen, counts] = choose_by(estimator, selector, problem.scores, draw);
    log_probs.push_back(counts ? chosen.log_prob : -std::numeric_limits<Real>::infinity());
    costs.push_back(static_cast<Real>(problem.cost(chosen)));
    evaluations.push_back({draw, std::move(chosen)});
  }
  Scores weights(costs.size(), 1), advantages(costs.size());
  if (auto* part = half_of<ScoreFunction>(estimator)) part->share_out({costs, log_probs, draws}, {weights, advantages});
  std::vector<double> mean = sum_of_gradients(problem, selector, estimator, evaluations, {weights, advantages});
  for (double& one : mean) one /= kBatch;
  return mean;
}

Estimate estimate(const Problem& problem, const Selector& selector, Estimator& estimator) {
  Estimate result{std::vector<double>(problem.items), std::vector<double>(problem.items)};
  std::vector<double> squares(problem.items);
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    const std::vector<double> mean = batch_estimate(problem, selector, estimator, step);
    for (std::size_t i = 0; i < problem.items; ++i) {
      result.mean[i] += mean[i] / kSteps;
      squares[i] += mean[i] * mean[i] / kSteps;
    }
  }
  for (std::size_t i = 0; i < problem.items; ++i) {
    result.error[i] = std::sqrt(std::max(0.0, squares[i] - result.mean[i] * result.mean[i]) / kSteps);
  }
  return result;
}

/// The largest distance from the exact gradient, in standard errors of the estimate.
double bias_in_errors(const std::string& selector_text, const std::string& estimator_text) {
  const auto selector = selector_of(selector_text);
  const auto estimator = Registry<Estimator>::instance().parse(estimator_text).plugin;
  const Problem problem(estimator->traits().needs_two_items ? 2 : 5);
  const SelectorParts parts(*selector);
  const auto exact = parts.sampled != nullptr  ? exact_of_sampler(problem, *selector)
                     : parts.random != nullptr ? exact_of_noisy(problem, *selector)
                                               : exact_of_deterministic(problem, *selector);
  const Estimate found = estimate(problem, *selector, *estimator);
  const double rounding = sizeof(Real) == 8 ? 1e-8 : 2e-3;
  double worst = 0;
  for (std::size_t i = 0; i < problem.items; ++i) {
    worst = std::max(worst, std::abs(found.mean[i] - exact[i]) / (found.error[i] + rounding));
  }
  return worst;
}

bool fits(const std::string& selector, const std::string& estimator) {
  return misfit(*selector_of(selector), selector, *Registry<Estimator>::instance().parse(estimator).plugin, estimator)
      .empty();
}

/// Estimators of this tree with other options than their defaults.
const std::vector<std::string>& estimators_with_options() {
  static const std::vector<std::string> texts{"straight_through(temperature=0.5)",
                                              "straight_through(candidates=kept)",
                                              "reinforce(decay=0)",
                                              "reinforce(baseline=none)",
                                              "reinforce(baseline=leave_one_out, draws=3)",
                                              "reinforce(baseline=greedy_rollout)",
                                              "reinforce(baseline=critic)",
                                              "relax(temperature=2, scale=0.3, width=2)",
                                              "unordered_set(draws=2)",
                                              "rebar(temperature=2, scale=0.5)",
                                              "implicit_mle(1, noise=gumbel)",
                                              "implicit_mle(1, noise=none)"};
  return texts;
}
std::vector<std::string> estimator_texts() { return texts_of<Estimator>(estimators_with_options()); }
std::vector<std::string> estimator_partners() { return partners_of<Estimator>(estimators_with_options()); }

}  // namespace

TEST_CASE("every estimator that declares no bias has the exact gradient as its mean") {
  for (const std::string& estimator : estimator_partners()) {
    if (Registry<Estimator>::instance().parse(estimator).plugin->traits().is_biased) continue;
    for (const std::string& selector : selector_partners()) {
      if (!is_tried<Estimator>(estimator) && !is_tried<Selector>(selector)) continue;
      if (!fits(selector, estimator)) continue;
      CAPTURE(selector);
      CAPTURE(estimator);
      CHECK(bias_in_errors(selector, estimator) < 4.5);
    }
  }
}

TEST_CASE("every estimator that declares a bias shows it on a curved cost") {
  for (const std::string& estimator : estimator_texts()) {
    if (!Registry<Estimator>::instance().parse(estimator).plugin->traits().is_biased) continue;
    for (const std::string selector : {"sample", "k_subset(2)"}) {
      if (!fits(selector, estimator)) continue;
      CAPTURE(selector);
      CAPTURE(estimator);
      CHECK(bias_in_errors(selector, estimator) > 10);
    }
  }
}

TEST_CASE("every estimator fits some selector, and every selector has an estimator that fits it") {
  for (const std::string& estimator : estimator_texts()) {
    CAPTURE(estimator);
    const auto selectors = selector_partners();
    CHECK(std::any_of(selectors.begin(), selectors.end(),
                      [&](const std::string& selector) { return fits(selector, estimator); }));
  }
  for (const std::string& selector : selector_texts()) {
    CAPTURE(selector);
    const auto estimators = estimator_partners();
    CHECK(std::any_of(estimators.begin(), estimators.end(),
                      [&](const std::string& estimator) { return fits(selector, estimator); }));
  }
}

TEST_CASE("the state of an estimator restores its advantages") {
  for (const std::string& text : estimator_texts()) {
    CAPTURE(text);
    const auto first = Registry<Estimator>::instance().parse(text).plugin;
    const auto second = Registry<Estimator>::instance().parse(text).plugin;
    auto* part = half_of<ScoreFunction>(*first);
    auto* other = half_of<ScoreFunction>(*second);
    if (part == nullptr) continue;
    const auto draws = EstimatorParts(*first).draws(*selector_of("sample"), 2);
    const Scores costs{1, 2, 4, 8, 3, 5, 6, 9, 2, 0, 7, 1};
    const Scores log_probs(costs.size(), Real(-0.7));
    Scores a(costs.size()), b(costs.size()), weights(costs.size());
    part->share_out({costs, log_probs, draws}, {weights, a});
    const auto from = part->state();
    std::copy(from.begin(), from.end(), other->state().begin());
    part->share_out({costs, log_probs, draws}, {weights, a});
    other->share_out({costs, log_probs, draws}, {weights, b});
    CHECK(a == b);
  }
}

}  // namespace fovea::conformance
