#include "framework/ops/marginal.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;

constexpr Real kNever = -std::numeric_limits<Real>::infinity();

std::vector<Real> apply(OpPointer op, const std::vector<Input>& inputs) {
  OpRunner runner(std::move(op), inputs);
  runner.forward();
  CHECK(runner.guards_are_whole());
  return runner.output();
}

Real log_of(double x) { return static_cast<Real>(std::log(x)); }

/// softmax of a row of scores, in double.
std::vector<double> probabilities(const Input& scores, std::size_t row, std::size_t width) {
  std::vector<double> all;
  double sum = 0;
  for (std::size_t n = 0; n < width; ++n) sum += std::exp(static_cast<double>(scores.reals[row * width + n]));
  for (std::size_t n = 0; n < width; ++n) {
    all.push_back(std::exp(static_cast<double>(scores.reals[row * width + n])) / sum);
  }
  return all;
}

/// 3 words and 4 items: log-likelihoods of probabilities.
struct Sequence {
  Input scores = random_input({1, 3, 4}, 1, -2, 2);
  Input likelihoods = random_input({1, 3, 4}, 2, -5, -0.1);
  Input targets = index_input({1, 3}, {0, 7, 2});

  double joint(std::size_t word, std::size_t item) const {
    return probabilities(scores, word, 4)[item] * std::exp(static_cast<double>(likelihoods.reals[word * 4 + item]));
  }
};

}  // namespace

TEST_CASE("the marginal cost of two equally likely items is minus the log of the mean of their likelihoods") {
  const Input scores = real_input({2, 2}, {3, 3, 0, log_of(3)});
  const Input likelihoods = real_input({2, 2}, {log_of(0.5), log_of(0.25), log_of(0.5), log_of(0.25)});
  const std::vector<Real> expected{-log_of(0.375), -log_of(0.25 * 0.5 + 0.75 * 0.25)};
  CHECK(difference(apply(make_marginal_cost(), {scores, likelihoods, index_input({2}, {0, 1})}), expected) < kValueLimit);
}

TEST_CASE("the marginal costs of a sequence are minus the log of the sum over all alignments") {
  const Sequence s;
  double sum = 0;
  for (std::size_t a = 0; a < 4; ++a) {
    for (std::size_t b = 0; b < 4; ++b) {
      for (std::size_t c = 0; c < 4; ++c) sum += s.joint(0, a) * s.joint(1, b) * s.joint(2, c);
    }
  }
  double total = 0;
  for (const Real cost : apply(make_marginal_cost(), {s.scores, s.likelihoods, s.targets})) {
    total += static_cast<double>(cost);
  }
  CHECK(std::abs(total + std::log(sum)) < 10 * kValueLimit);
}

TEST_CASE("the gradient of a marginal cost is the probability of each item before and after the output is known") {
  const Sequence s;
  OpRunner runner(make_marginal_cost(), {s.scores, s.likelihoods, s.targets});
  runner.forward();
  const std::vector<Real> cotangent = random_input({3}, 3).reals;
  runner.backward(0b11, {cotangent}, 0);
  std::vector<Real> of_scores;
  std::vector<Real> of_likelihoods;
  for (std::size_t word = 0; word < 3; ++word) {
    double evidence = 0;
    for (std::size_t n = 0; n < 4; ++n) evidence += s.joint(word, n);
    for (std::size_t n = 0; n < 4; ++n) {
      const double after = s.joint(word, n) / evidence;
      const double before = probabilities(s.scores, word, 4)[n];
      of_scores.push_back(cotangent[word] * static_cast<Real>(before - after));
      of_likelihoods.push_back(-cotangent[word] * static_cast<Real>(after));
    }
  }
  CHECK(difference(runner.gradient(0), of_scores) < kValueLimit);
  CHECK(difference(runner.gradient(1), of_likelihoods) < kValueLimit);
}

TEST_CASE("marginal costs agree with central differences, with masks of every shape and with padding") {
  const std::vector<Input> inputs{random_input({2, 3, 5}, 4, -2, 2), random_input({2, 3, 5}, 5, -4, 0),
                                  index_input({2, 3}, {0, 1, -1, 2, -1, 3})};
  const auto masked = [&](const Shape& shape, const std::vector<Index>& mask) {
    std::vector<Input> with = inputs;
    with.push_back(index_input(shape, mask));
    return with;
  };
  CHECK(gradient_error(make_marginal_cost(), inputs) < kGradientLimit);
  CHECK(gradient_error(make_marginal_cost(), masked({2, 1, 5}, {1, 0, 1, 1, 1, 0, 1, 1, 0, 1})) < kGradientLimit);
  CHECK(gradient_error(make_marginal_cost(), masked({5}, {1, 0, 0, 0, 1})) < kGradientLimit);
  CHECK(gradient_error(make_marginal_cost(), masked({2, 3, 1}, {1, 0, 1, 1, 1, 1})) < kGradientLimit);
  const std::vector<Input> wide{random_input({3, 35}, 6, -2, 2), random_input({3, 35}, 7, -4, 0),
                                index_input({3}, {0, 1, 2})};
  CHECK(gradient_error(make_marginal_cost(), wide) < kGradientLimit);
}

TEST_CASE("what is masked, or has a score of minus infinity, is never chosen") {
  const Input likelihoods = real_input({3, 3}, {-1, 0, -3, -1, 0, -3, -1, 0, -3});
  const Input scores = real_input({3, 3}, {1, 900, 1, 1, kNever, 1, 0, 0, 0});
  const Input mask = index_input({3, 3}, {1, 0, 1, 1, 1, 1, 0, 1, 0});
  const auto mean = static_cast<Real>(-std::log((std::exp(-1.0) + std::exp(-3.0)) / 2));
  const std::vector<Real> costs = apply(make_marginal_cost(), {scores, likelihoods, index_input({3}, {0, 0, 0}), mask});
  CHECK(difference(costs, {mean, mean, 0}) < kValueLimit);
}

TEST_CASE("padding costs nothing and what cannot be costs a finite number, both without a gradient") {
  const Input scores = real_input({3, 2}, {1, 2, 1, 2, 1, 2});
  const Input likelihoods = real_input({3, 2}, {-1, -2, -1, -2, kNever, kNever});
  const Input mask = index_input({3, 2}, {1, 1, 0, 0, 1, 1});
  OpRunner runner(make_marginal_cost(), {scores, likelihoods, index_input({3}, {-1, 0, 0}), mask});
  runner.forward();
  const Real impossible = -std::log(std::numeric_limits<Real>::min());
  CHECK(runner.output() == std::vector<Real>{0, impossible, impossible});
  runner.backward(0b11, {{1, 1, 1}}, 0);
  CHECK(runner.gradient(0) == std::vector<Real>(6, Real(0)));
  CHECK(runner.gradient(1) == std::vector<Real>(6, Real(0)));
}

TEST_CASE("marginal costs neither underflow nor overflow") {
  const Input scores = real_input({2, 2}, {9000, 9001, -4000, 4000});
  const Input likelihoods = real_input({2, 2}, {-700, -701, -1, -2000});
  const std::vector<Real> costs = apply(make_marginal_cost(), {scores, likelihoods, index_input({2}, {0, 0})});
  const double second = std::exp(1.0) / (1 + std::exp(1.0));
  CHECK(std::abs(static_cast<double>(costs[0]) - (700 - std::log(1 - second + second * std::exp(-1.0)))) < 1e-2);
  CHECK(std::abs(static_cast<double>(costs[1]) - 2000) < 1e-2);
}

TEST_CASE("a mixture with weights that are a softmax is the marginal, and weights of 0 are left out") {
  const Sequence s;
  Input weights = s.scores;
  for (std::size_t i = 0; i < 12; ++i) weights.reals[i] = static_cast<Real>(probabilities(s.scores, i / 4, 4)[i % 4]);
  const std::vector<Real> costs = apply(make_mixture_cost(), {weights, s.likelihoods, s.targets});
  CHECK(difference(costs, apply(make_marginal_cost(), {s.scores, s.likelihoods, s.targets})) < 10 * kValueLimit);
  const Input some = real_input({2, 3}, {Real(0.25), 0, Real(0.75), 0, 0, 0});
  const Input likelihoods = real_input({2, 3}, {-1, 50, -1, -1, -1, -1});
  const std::vector<Real> expected{1, -std::log(std::numeric_limits<Real>::min())};
  CHECK(difference(apply(make_mixture_cost(), {some, likelihoods, index_input({2}, {0, 0})}), expected) < kValueLimit);
}

TEST_CASE("mixture costs agree with central differences") {
  const std::vector<Input> inputs{random_input({2, 3, 5}, 8, 0.1, 1), random_input({2, 3, 5}, 9, -4, 0),
                                  index_input({2, 3}, {0, 1, -1, 2, -1, 3})};
  CHECK(gradient_error(make_mixture_cost(), inputs) < kGradientLimit);
}

TEST_CASE("the gradient of a weight of 0 stays finite however likely its item makes the output") {
  OpRunner runner(make_mixture_cost(), {real_input({1, 2}, {0, 1}), real_input({1, 2}, {0, -5000}), index_input({1}, {0})});
  runner.forward();
  runner.backward(0b11, {{1}}, 0);
  for (const Real gradient : runner.gradient(0)) CHECK(std::isfinite(gradient));
  CHECK(runner.gradient(1) == std::vector<Real>{0, -1});
}

TEST_CASE("marginal and mixture costs refuse what does not fit") {
  const Type scores{{2, 3, 4}};
  const Type targets{{2, 3}, Kind::kIndex};
  const auto infer = [](const OpPointer& op, const std::vector<Type>& in) { return op->infer(in); };
  CHECK(infer(make_marginal_cost(), {scores, scores, targets})[0].shape == Shape{2, 3});
  CHECK_THROWS_AS(infer(make_marginal_cost(), {scores, Type{{2, 3, 5}}, targets}), Error);
  CHECK_THROWS_AS(infer(make_marginal_cost(), {scores, scores, Type{{2, 4}, Kind::kIndex}}), Error);
  CHECK_THROWS_WITH_AS(infer(make_marginal_cost(), {scores, scores, targets, Type{{3, 3}, Kind::kIndex}}),
                       doctest::Contains("does not broadcast"), Error);
  CHECK_THROWS_AS(infer(make_mixture_cost(), {scores, scores, Type{{2}, Kind::kIndex}}), Error);
}

}  // namespace fovea
