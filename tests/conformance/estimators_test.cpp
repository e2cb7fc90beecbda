#include <doctest/doctest.h>

#include <map>

#include "framework/attention/estimator.h"
#include "tests/conformance/chosen.h"

// The estimates of every estimator that fits a selector, against the exact gradient of the expected cost. The cost of a
// choice is a curved function of what it reads: cost = sum over v of sin(3 r_v), r = sum over k of weights_k values[kept_k].
namespace fovea::conformance {
namespace {

using Scores = std::vector<Real>;
constexpr std::size_t kItems = 5;
constexpr std::size_t kWidth = 3;
constexpr int kBatch = 16;
constexpr int kSteps = 4000;

struct Problem {
  Scores scores{0.25F, -0.5F, 0.9F, 0.1F, 0.5F};  // not where the support of a selector changes
  Scores values = normals(kItems * kWidth, rng_of(30));

  std::vector<double> read(const Chosen& chosen) const {
    std::vector<double> out(kWidth);
    const Scores weights = chosen.dense(kItems);
    for (std::size_t i = 0; i < kItems * kWidth; ++i)
      out[i % kWidth] += static_cast<double>(weights[i / kWidth] * values[i]);
    return out;
  }
  double cost(const Chosen& chosen) const {
    double sum = 0;
    for (const double r : read(chosen)) sum += std::sin(3 * r);
    return sum;
  }
  /// d cost / d weight of every item, at this choice.
  Scores grad_weights(const Chosen& chosen) const {
    Scores grad(kItems);
    const std::vector<double> r = read(chosen);
    for (std::size_t i = 0; i < kItems * kWidth; ++i)
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
  std::vector<double> exact(kItems);
  double total = 0;
  for (const auto& [kept, chosen] : outcomes) {
    const double probability = std::exp(static_cast<double>(chosen.log_prob));
    Scores slope(kItems);
    selector.log_prob_backward(problem.scores, chosen.choice(), 1, slope);
    for (std::size_t i = 0; i < kItems; ++i) exact[i] += probability * problem.cost(chosen) * static_cast<double>(slope[i]);
    total += probability;
  }
  REQUIRE(total == doctest::Approx(1).epsilon(1e-5));
  return exact;
}

std::vector<double> exact_of_deterministic(const Problem& problem, const Selector& selector) {
  const double h = sizeof(Real) == 8 ? 1e-5 : 4e-3;
  std::vector<double> exact(kItems);
  for (std::size_t i = 0; i < kItems; ++i) {
    Scores up = problem.scores, down = problem.scores;
    up[i] += static_cast<Real>(h);
    down[i] -= static_cast<Real>(h);
    exact[i] = (problem.cost(choose(selector, up, rng_of(0))) - problem.cost(choose(selector, down, rng_of(0)))) / (2 * h);
  }
  return exact;
}

/// A selector with noise of its own: the mean slope over the very draws that `estimate` sees.
std::vector<double> exact_of_noisy(const Problem& problem, const Selector& selector) {
  const double h = sizeof(Real) == 8 ? 1e-5 : 4e-3;
  std::vector<double> exact(kItems);
  for (std::uint32_t draw = 0; draw < kSteps * kBatch; ++draw) {
    const Rng rng = rng_of(draw / kBatch, draw % kBatch + 1);
    for (std::size_t i = 0; i < kItems; ++i) {
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
  std::vector<double> mean = std::vector<double>(kItems);
  std::vector<double> error = std::vector<double>(kItems);  // standard error of the mean
};

Scores one_estimate(const Problem& problem, const Selector& selector, const Estimator& estimator, const Chosen& chosen,
                    const Rng& rng, Real advantage) {
  Scores grad(kItems);
  if (estimator.traits().has_path) {
    Scores grad_weights = problem.grad_weights(chosen);
    if (estimator.reads_kept_only()) {
      for (std::size_t k = 0; k < chosen.kept.size(); ++k)
        grad_weights[k] = grad_weights[static_cast<std::size_t>(chosen.kept[k])];
      grad_weights.resize(chosen.kept.size());
    }
    estimator.through_choice(selector, problem.scores, chosen.choice(), rng, grad_weights, grad);
  }
  if (advantage != 0) selector.log_prob_backward(problem.scores, chosen.choice(), advantage, grad);
  return grad;
}

Estimate estimate(const Problem& problem, const Selector& selector, Estimator& estimator) {
  Estimate result;
  std::vector<double> squares(kItems);
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    std::vector<Chosen> batch;
    Scores costs, advantages(kBatch);
    for (std::uint32_t b = 0; b < kBatch; ++b) batch.push_back(choose(selector, problem.scores, rng_of(step, b + 1)));
    for (const Chosen& chosen : batch) costs.push_back(static_cast<Real>(problem.cost(chosen)));
    if (estimator.traits().has_score_function) estimator.advantages(costs, advantages);
    std::vector<double> mean(kItems);
    for (std::uint32_t b = 0; b < kBatch; ++b) {
      const Scores one = one_estimate(problem, selector, estimator, batch[b], rng_of(step, b + 1), advantages[b]);
      for (std::size_t i = 0; i < kItems; ++i) mean[i] += static_cast<double>(one[i]) / kBatch;
    }
    for (std::size_t i = 0; i < kItems; ++i) {
      result.mean[i] += mean[i] / kSteps;
      squares[i] += mean[i] * mean[i] / kSteps;
    }
  }
  for (std::size_t i = 0; i < kItems; ++i) {
    result.error[i] = std::sqrt(std::max(0.0, squares[i] - result.mean[i] * result.mean[i]) / kSteps);
  }
  return result;
}

/// The largest distance from the exact gradient, in standard errors of the estimate.
double bias_in_errors(const std::string& selector_text, const std::string& estimator_text) {
  const Problem problem;
  const auto selector = selector_of(selector_text);
  const auto estimator = Registry<Estimator>::instance().parse(estimator_text);
  const Selector::Traits traits = selector->traits();
  const auto exact = traits.samples     ? exact_of_sampler(problem, *selector)
                     : traits.is_random ? exact_of_noisy(problem, *selector)
                                        : exact_of_deterministic(problem, *selector);
  const Estimate found = estimate(problem, *selector, *estimator);
  const double rounding = sizeof(Real) == 8 ? 1e-8 : 2e-3;
  double worst = 0;
  for (std::size_t i = 0; i < kItems; ++i) {
    worst = std::max(worst, std::abs(found.mean[i] - exact[i]) / (found.error[i] + rounding));
  }
  return worst;
}

bool fits(const std::string& selector, const std::string& estimator) {
  return misfit(*selector_of(selector), selector, *Registry<Estimator>::instance().parse(estimator), estimator).empty();
}

std::vector<std::string> estimator_texts() {
  return texts_of<Estimator>({"straight_through(temperature=0.5)", "reinforce(decay=0)"});
}

}  // namespace

TEST_CASE("every estimator that declares no bias has the exact gradient as its mean") {
  for (const std::string& estimator : estimator_texts()) {
    if (Registry<Estimator>::instance().parse(estimator)->traits().is_biased) continue;
    for (const std::string& selector : selector_texts()) {
      if (!fits(selector, estimator)) continue;
      CAPTURE(selector);
      CAPTURE(estimator);
      CHECK(bias_in_errors(selector, estimator) < 4.5);
    }
  }
}

TEST_CASE("every estimator that declares a bias shows it on a curved cost") {
  for (const std::string& estimator : estimator_texts()) {
    if (!Registry<Estimator>::instance().parse(estimator)->traits().is_biased) continue;
    CAPTURE(estimator);
    CHECK(bias_in_errors("sample", estimator) > 10);
  }
}

TEST_CASE("every estimator fits some selector, and every selector has an estimator that fits it") {
  for (const std::string& estimator : estimator_texts()) {
    CAPTURE(estimator);
    const auto selectors = selector_texts();
    CHECK(std::any_of(selectors.begin(), selectors.end(),
                      [&](const std::string& selector) { return fits(selector, estimator); }));
  }
  for (const std::string& selector : selector_texts()) {
    CAPTURE(selector);
    const auto estimators = estimator_texts();
    CHECK(std::any_of(estimators.begin(), estimators.end(),
                      [&](const std::string& estimator) { return fits(selector, estimator); }));
  }
}

TEST_CASE("the state of an estimator restores its advantages") {
  for (const std::string& text : estimator_texts()) {
    CAPTURE(text);
    const auto first = Registry<Estimator>::instance().parse(text);
    const auto second = Registry<Estimator>::instance().parse(text);
    if (!first->traits().has_score_function) continue;
    const Scores costs{1, 2, 4};
    Scores a(3), b(3);
    first->advantages(costs, a);
    const auto from = first->state();
    std::copy(from.begin(), from.end(), second->state().begin());
    first->advantages(costs, a);
    second->advantages(costs, b);
    CHECK(a == b);
    CHECK(a != costs);  // the baseline counts from the second step on
  }
}

}  // namespace fovea::conformance
