#include "framework/train/optimizer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

namespace {

using fovea::Extent;
using fovea::Optimizer;
using fovea::Real;

std::unique_ptr<Optimizer> prepared(const std::string& text, std::size_t size) {
  auto optimizer = fovea::Registry<Optimizer>::instance().parse(text).plugin;
  optimizer->check();
  optimizer->prepare(size);
  return optimizer;
}

/// The value after these gradients, from 1.
double after(const std::string& text, double learning_rate, const std::vector<double>& gradients) {
  const auto optimizer = prepared(text, 1);
  std::vector<Real> value{1};
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const std::vector<Real> gradient{static_cast<Real>(gradients[i])};
    optimizer->step(value, gradient, learning_rate, static_cast<Extent>(i) + 1);
  }
  return static_cast<double>(value[0]);
}

doctest::Approx near(double value) { return doctest::Approx(value).epsilon(sizeof(Real) == 8 ? 1e-9 : 1e-6); }

}  // namespace

TEST_CASE("sgd takes the steps computed by hand") {
  CHECK(after("sgd", 0.1, {0.5}) == near(0.95));
  CHECK(after("sgd(weight_decay=0.1)", 0.1, {0.5}) == near(0.94));
  CHECK(after("sgd(momentum=0.9)", 0.1, {0.5, 0.5}) == near(0.855));                  // v: 0.5, 0.95
  CHECK(after("sgd(momentum=0.9, nesterov=true)", 0.1, {0.5, 0.5}) == near(0.7695));  // g + 0.9 v: 0.95, 1.355
}

TEST_CASE("adam takes the steps computed by hand") {
  // m: 0.05, -0.055; v: 0.00025, 0.00124975; divided by 1 - beta^t.
  const double second = 0.055 / 0.19 / (std::sqrt(0.00124975 / 0.001999) + 1e-8);
  CHECK(after("adam", 0.1, {0.5}) == near(0.9 + 0.1 * 1e-8 / 0.5));
  CHECK(after("adam", 0.1, {0.5, -1.0}) == near(0.9 + 0.1 * 1e-8 / 0.5 + 0.1 * second));
  CHECK(after("adam(weight_decay=0.1)", 0.1, {0.0}) == near(0.9 + 0.1 * 1e-8 / 0.1));  // the decay is the gradient
  CHECK(after("adamw(weight_decay=0.1)", 0.1, {0.5}) == near(0.99 - 0.1 + 0.1 * 1e-8 / 0.5));
}

TEST_CASE("rmsprop takes the steps computed by hand") {
  CHECK(after("rmsprop", 0.01, {0.5}) == near(1 - 0.005 / (0.05 + 1e-8)));
  // v: 0.0025, 0.004975; momentum adds 0.9 of the first quotient to the second.
  const double first = 0.5 / (0.05 + 1e-8);
  const double second = 0.5 / (std::sqrt(0.004975) + 1e-8);
  CHECK(after("rmsprop(momentum=0.9)", 0.01, {0.5, 0.5}) == near(1 - 0.01 * first - 0.01 * (0.9 * first + second)));
  // centred: mean 0.005, so the root is that of 0.0025 - 0.000025.
  CHECK(after("rmsprop(centered=true)", 0.01, {0.5}) == near(1 - 0.005 / (std::sqrt(0.002475) + 1e-8)));
}

TEST_CASE("adagrad takes the steps computed by hand") {
  CHECK(after("adagrad", 0.1, {0.5, 0.5}) == near(1 - 0.1 - 0.05 / std::sqrt(0.5)));
  CHECK(after("adagrad(learning_rate_decay=1)", 0.1, {0.5, 0.5}) == near(1 - 0.1 - 0.025 / std::sqrt(0.5)));
  CHECK(after("adagrad(initial_sum=0.75)", 0.1, {0.5}) == near(0.95));
}

TEST_CASE("nesterov without momentum is an error") {
  CHECK_THROWS_WITH_AS(prepared("sgd(nesterov=true)", 1), "nesterov needs a momentum; momentum is 0; set momentum=0.9.",
                       fovea::Error);
}
