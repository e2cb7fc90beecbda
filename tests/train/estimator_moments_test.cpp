#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "framework/attention/estimator.h"
#include "framework/attention/several_draws.h"
#include "tests/conformance/chosen.h"

// Mean and variance of estimators without sampling: every outcome of the draws of an item, weighed with its probability.
// estimator_draws_test.cpp finds the same numbers by sampling, through the whole of a training step.
namespace fovea {
namespace {

using Reals = std::vector<Real>;
using Choices = std::vector<Extent>;  // of the draws of one item

/// A choice among items with scores key * phi at phi = 0, so that all are equally probable, and the cost of each.
struct Toy {
  Reals keys;
  Reals costs;
};

Toy bernoulli() { return {{0, 1}, {Real(0.45 * 0.45), Real(0.55 * 0.55)}}; }

/// Three Bernoullis of one logit phi, as one choice among their 8 outcomes.
Toy three_bernoullis() {
  constexpr double kTargets[] = {0.6, 0.51, 0.48};
  Toy toy;
  for (int outcome = 0; outcome < 8; ++outcome) {
    double cost = 0;
    int ones = 0;
    for (int i = 0; i < 3; ++i) {
      const int bit = outcome >> i & 1;
      ones += bit;
      cost += (bit - kTargets[i]) * (bit - kTargets[i]);
    }
    toy.keys.push_back(static_cast<Real>(ones));
    toy.costs.push_back(static_cast<Real>(cost));
  }
  return toy;
}

class Estimate {
 public:
  Estimate(Toy toy, const std::string& estimator)
      : toy_(std::move(toy)),
        scores_(toy_.keys.size()),
        selector_(conformance::selector_of("sample")),
        estimator_(Registry<Estimator>::instance().parse(estimator).plugin) {}

  Extent draws() const { return EstimatorParts(*estimator_).draws(*selector_, static_cast<Extent>(scores_.size())); }

  /// The estimate of d E[cost] / d phi where the draws have made these choices.
  double of(const Choices& choices) {
    std::vector<conformance::Chosen> all;
    for (const Extent number : choices) {
      conformance::Chosen& chosen = all.emplace_back(empty());
      Choice choice = chosen.choice();
      half_of<EnumerableChoice>(*selector_)->take(scores_, number, choice);
      chosen.count = choice.count;
      chosen.log_prob = choice.log_prob;
    }
    return of_all(all, Rng());
  }

  /// And where they were made from these random numbers.
  double of(const Rng& shared) {
    std::vector<conformance::Chosen> all;
    for (Extent index = 0; index < draws(); ++index) {
      conformance::Chosen& chosen = all.emplace_back(empty());
      Choice choice = chosen.choice();
      half_of<SeveralDraws>(*estimator_)->choose(*selector_, scores_, {index, draws(), shared, shared}, choice);
      chosen.count = choice.count;
      chosen.log_prob = choice.log_prob;
    }
    return of_all(all, shared);
  }

 private:
  conformance::Chosen empty() const {
    return {Reals(1), std::vector<Index>(1), 0, 0,
            Reals(static_cast<std::size_t>(scratch_of(*selector_, static_cast<Extent>(scores_.size()))))};
  }

  double of_all(const std::vector<conformance::Chosen>& all, const Rng& shared) {
    Reals costs, log_probs, weights(all.size()), advantages(all.size());
    for (const conformance::Chosen& chosen : all) {
      costs.push_back(toy_.costs[chosen.kept[0]]);
      log_probs.push_back(chosen.log_prob);
    }
    const auto count = static_cast<Extent>(all.size());
    half_of<ScoreFunction>(*estimator_)->share_out({costs, log_probs, count}, {weights, advantages});
    Reals grad(scores_.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Draw draw{static_cast<Extent>(i), count, shared, shared};
      if (advantages[i] == 0) continue;
      half_of<SeveralDraws>(*estimator_)->pull_log_prob(*selector_, scores_, all[i].choice(), draw, advantages[i], grad);
    }
    double slope = 0;
    for (std::size_t i = 0; i < grad.size(); ++i) slope += static_cast<double>(grad[i]) * static_cast<double>(toy_.keys[i]);
    return slope;
  }

  Toy toy_;
  Reals scores_;
  std::unique_ptr<Selector> selector_;
  std::unique_ptr<Estimator> estimator_;
};

struct Moments {
  double probability = 0;
  double mean = 0;
  double square = 0;

  void add(double share, double estimate) {
    probability += share;
    mean += share * estimate;
    square += share * estimate * estimate;
  }
  double variance() const { return square - mean * mean; }
};

enum class Draws { kIndependent, kDifferent };

/// All choices of all draws, of equally probable items.
Moments enumerate(const Toy& toy, const std::string& text, Draws draws) {
  Estimate estimate(toy, text);
  Moments moments;
  Choices choices;
  const auto items = static_cast<Extent>(toy.keys.size());
  const std::function<void(double)> extend = [&](double probability) {
    if (static_cast<Extent>(choices.size()) == estimate.draws()) return moments.add(probability, estimate.of(choices));
    const Extent left = draws == Draws::kDifferent ? items - static_cast<Extent>(choices.size()) : items;
    for (Extent item = 0; item < items; ++item) {
      if (draws == Draws::kDifferent && std::count(choices.begin(), choices.end(), item) > 0) continue;
      choices.push_back(item);
      extend(probability / static_cast<double>(left));
      choices.pop_back();
    }
  };
  extend(1);
  return moments;
}

/// All values of the one uniform number that an estimator draws for an item, by the trapezoidal rule.
Moments integrate(const Toy& toy, const std::string& text) {
  constexpr std::uint32_t kPoints = 20000;
  Estimate estimate(toy, text);
  std::vector<std::pair<double, double>> points;  // the number and the estimate
  for (std::uint32_t i = 0; i < kPoints; ++i) {
    const Rng rng = conformance::rng_of(i, 90);
    points.emplace_back(Rng(rng).uniform(), estimate.of(rng));
  }
  std::sort(points.begin(), points.end());
  Moments moments;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double begin = i == 0 ? 0 : (points[i - 1].first + points[i].first) / 2;
    const double end = i + 1 == points.size() ? 1 : (points[i].first + points[i + 1].first) / 2;
    moments.add(end - begin, points[i].second);
  }
  return moments;
}

void check(const Moments& found, double mean, double variance) {
  const double limit = sizeof(Real) == 8 ? 1e-6 : 2e-5;  // the numbers are known to seven digits
  CHECK(std::abs(found.probability - 1) < 1e-12);
  CHECK(std::abs(found.mean - mean) < limit * std::abs(mean));
  CHECK(std::abs(found.variance() - variance) < limit * (variance + mean * mean));
}

}  // namespace

TEST_CASE("one Bernoulli: the moments of the estimators, over all outcomes, are those of the literature") {
  const auto by = [](const std::string& text, Draws draws) { return enumerate(bernoulli(), text, draws); };
  // d E[(b - t)^2] / d phi at phi = 0, t = 0.45: (1 - 2 t) / 4
  const double mean = 0.025;
  check(by("reinforce(baseline=none)", Draws::kIndependent), mean, 1.593906e-2);
  check(by("reinforce(baseline=leave_one_out, draws=2)", Draws::kIndependent), mean, 6.25e-4);
  check(by("unordered_set(draws=2)", Draws::kDifferent), mean, 0);
  check(integrate(bernoulli(), "arm"), mean, 2.083333e-4);
  check(integrate(bernoulli(), "disarm"), mean, 0);
}

TEST_CASE("three shared Bernoullis: the moments of the estimators, over all outcomes, are those of the literature") {
  const auto by = [](const std::string& text, Draws draws) { return enumerate(three_bernoullis(), text, draws); };
  const double mean = -0.045;
  check(by("reinforce(baseline=none)", Draws::kIndependent), mean, 4.384202e-1);
  check(by("reinforce(baseline=leave_one_out, draws=2)", Draws::kIndependent), mean, 7.275e-3);
  check(by("reinforce(baseline=leave_one_out, draws=4)", Draws::kIndependent), mean, 1.9875e-3);
  check(by("unordered_set(draws=2)", Draws::kDifferent), mean, 6.1125e-3);
  check(by("unordered_set(draws=4)", Draws::kDifferent), mean, 1.130833e-3);
}

}  // namespace fovea
