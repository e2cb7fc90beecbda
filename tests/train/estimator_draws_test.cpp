#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "framework/attention/estimator.h"
#include "framework/attention/site/site.h"
#include "framework/graph/functions.h"
#include "framework/train/training.h"
#include "tests/train/choice_toy.h"

// Estimators that evaluate an item several times, through the whole of a training step.
namespace fovea {
namespace {

using test::bernoulli;
using test::three_bernoullis;
using test::Toy;
using Numbers = std::vector<double>;

/// How many samples the exact numbers are compared with; more of them to see more digits.
int samples() {
  const char* asked = std::getenv("FOVEA_TOY_SAMPLES");
  return asked == nullptr ? 20000 : std::atoi(asked);
}

void check_variance(const Toy& toy, const std::string& estimator, double mean, double variance) {
  CAPTURE(estimator);
  Training training(toy.run(estimator));
  const test::Moments found = test::moments(training, samples());
  if (std::getenv("FOVEA_TOY_SAMPLES") != nullptr) {
    MESSAGE(estimator << ": mean " << found.mean << " +- " << found.mean_error << ", variance " << found.variance << " +- "
                      << found.variance_error << ", exact " << mean << " and " << variance);
  }
  CHECK(std::abs(found.mean - mean) <= 4.5 * found.mean_error + 1e-7);
  CHECK(std::abs(found.variance - variance) <= 4.5 * found.variance_error + 1e-9);
}

/// A model with a trained part before and one after the choice, and a curved cost.
RunSpec curved(const std::string& site_text, Extent items) {
  RunSpec spec;
  spec.task = "sort_numbers(n=" + std::to_string(items) + ")";
  spec.model = [=](Builder& b, const InputTypes& inputs) {
    const Value x = b.input("items", inputs.at("items"));
    const Value keys =
        tanh(linear(x, b.parameter("key_weight", {3, 1}, Init::uniform(2)), b.parameter("key_bias", {3}, Init::uniform(1))));
    const Value values = linear(x, b.parameter("value_weight", {2, 1}, Init::uniform(2)));
    const Value queries = unsqueeze(expand_rows(b.parameter("query", {3}, Init::uniform(2)), x), 1);
    const auto scope = b.scope("site");
    Site site(b, site_text, 3, 3);
    const Value read = site.attend({queries, site.prepare_keys(keys), values, {}}).read;
    b.output("cost", sum_all_but_first(tanh(scale(read, 3))));
  };
  spec.train.batch = 2;
  spec.train.shard_rows = 1;
  return spec;
}

double gradient_of_expected_cost(Training& training, std::size_t place) {
  const double step = sizeof(Real) == 8 ? 1e-5 : 1e-2;
  Real& value = training.parameters().values()[place];
  const Real kept = value;
  double losses[2] = {};
  for (int side = 0; side < 2; ++side) {
    value = kept + static_cast<Real>(side == 0 ? step : -step);
    training.gradient(0);
    losses[side] = training.loss();
  }
  value = kept;
  return (losses[0] - losses[1]) / (2 * step);
}

}  // namespace

TEST_CASE("one Bernoulli: the variances of the estimators are those of the literature") {
  // d E[(b - t)^2] / d phi at phi = 0, t = 0.45: (1 - 2 t) / 4
  const double mean = 0.025;
  check_variance(bernoulli(), "reinforce(baseline=none)", mean, 1.593906e-2);
  check_variance(bernoulli(), "reinforce(baseline=leave_one_out, draws=2)", mean, 6.25e-4);
  check_variance(bernoulli(), "arm", mean, 2.083333e-4);
  check_variance(bernoulli(), "disarm", mean, 0);
  check_variance(bernoulli(), "exact", mean, 0);
  check_variance(bernoulli(), "unordered_set(draws=2)", mean, 0);
}

TEST_CASE("three shared Bernoullis: the variances of the estimators are those of the literature") {
  const double mean = -0.045;
  check_variance(three_bernoullis(), "reinforce(baseline=none)", mean, 4.384202e-1);
  check_variance(three_bernoullis(), "reinforce(baseline=leave_one_out, draws=2)", mean, 7.275e-3);
  check_variance(three_bernoullis(), "reinforce(baseline=leave_one_out, draws=4)", mean, 1.9875e-3);
  check_variance(three_bernoullis(), "unordered_set(draws=2)", mean, 6.1125e-3);
  check_variance(three_bernoullis(), "unordered_set(draws=4)", mean, 1.130833e-3);
  check_variance(three_bernoullis(), "unordered_set(draws=8)", mean, 0);
  check_variance(three_bernoullis(), "exact", mean, 0);
}

TEST_CASE("exact is the derivative of the expected cost, before and after the choice") {
  Training training(curved("dot | dense | sample(temperature=0.7) | exact", 5));
  const std::span<const Real> gradient = training.gradient(0);
  const std::vector<Real> exact(gradient.begin(), gradient.end());
  for (const ParameterStore::Entry& entry : training.parameters().entries()) {
    CAPTURE(entry.path);
    for (std::size_t i = 0; i < static_cast<std::size_t>(entry.shape.size()); ++i) {
      const double expected = gradient_of_expected_cost(training, entry.offset + i);
      CHECK(static_cast<double>(exact[entry.offset + i]) ==
            doctest::Approx(expected).epsilon(sizeof(Real) == 8 ? 1e-6 : 2e-2).scale(0.1));
    }
  }
}

TEST_CASE("estimators with several draws are unbiased before and after the choice") {
  for (const char* estimator : {"reinforce(baseline=leave_one_out, draws=3)", "reinforce(baseline=greedy_rollout)",
                                "unordered_set(draws=3)", "rebar(temperature=0.5)", "rebar(temperature=2, scale=0.5)"}) {
    CAPTURE(estimator);
    Training exact(curved("dot | dense | sample(temperature=0.7) | exact", 5));
    Training sampled(curved(std::string("dot | dense | sample(temperature=0.7) | ") + estimator, 5));
    const std::span<const Real> expected = exact.gradient(0);
    Numbers sum(expected.size());
    Numbers squares(expected.size());
    constexpr int kSamples = 20000;
    for (int i = 0; i < kSamples; ++i) {
      const std::span<const Real> gradient = sampled.gradient(i);
      for (std::size_t p = 0; p < gradient.size(); ++p) {
        const auto slope = static_cast<double>(gradient[p]);
        sum[p] += slope / kSamples;
        squares[p] += slope * slope / kSamples;
      }
    }
    for (std::size_t p = 0; p < expected.size(); ++p) {
      const double error = std::sqrt(std::max(0.0, squares[p] - sum[p] * sum[p]) / kSamples);
      CHECK(std::abs(sum[p] - static_cast<double>(expected[p])) < 4.5 * error + 1e-5);
    }
  }
}

TEST_CASE("sites that cannot be weighed together are refused when the model is built") {
  RunSpec two;
  two.task = "sort_numbers(n=4)";
  two.model = [](Builder& b, const InputTypes& inputs) {
    const Value x = b.input("items", inputs.at("items"));
    const Value queries = unsqueeze(expand_rows(b.parameter("query", {1}), x), 1);
    std::vector<Value> reads;
    for (const char* estimator : {"exact", "unordered_set(draws=4)"}) {
      const auto scope = b.scope(estimator[0] == 'e' ? "first" : "second");
      Site site(b, std::string("dot | dense | sample | ") + estimator, 1, 1);
      reads.push_back(site.attend({queries, site.prepare_keys(x), x, {}}).read);
    }
    b.output("cost", sum_all_but_first(add(reads[0], reads[1])));
  };
  CHECK_THROWS_WITH_AS(Training{two}, doctest::Contains("use reinforce(baseline=leave_one_out) at both"), Error);
  CHECK_THROWS_WITH_AS(Training{curved("dot | dense | sample | arm", 4)}, doctest::Contains("needs two candidates"), Error);
}

}  // namespace fovea
