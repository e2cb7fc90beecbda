#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>

#include "add_noise.h"
#include "framework/core/error.h"
#include "framework/graph/plan.h"
#include "student_score.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;

std::vector<Real> apply(OpPointer op, const std::vector<Input>& inputs, const OpContext& context = {}) {
  OpRunner runner(std::move(op), inputs, context);
  runner.forward();
  CHECK(runner.guards_are_whole());
  return runner.output();
}

TEST_CASE("student_score of one degree of freedom is -log(1 + squared distance)") {
  const std::vector<Input> inputs = {real_input({1, 1, 2}, {0, 0}), real_input({1, 2, 2}, {1, 0, 1, 1}),
                                     real_input({2}, {1, 2})};
  const std::vector<Real> expected = {static_cast<Real>(-std::log(2.0)), static_cast<Real>(-std::log(4.0))};
  CHECK(difference(apply(make_student_score(1), inputs), expected) < kValueLimit);
}

TEST_CASE("student_score has exact gradients") {
  for (const double freedom : {0.5, 1.0, 30.0}) {
    const std::vector<Input> inputs = {random_input({2, 3, 5}, 1), random_input({2, 4, 5}, 2), random_input({5}, 3, 0.5, 2)};
    CHECK(gradient_error(make_student_score(freedom), inputs) < kGradientLimit);
  }
  const Input one = random_input({1, 1, 1}, 4);
  CHECK(gradient_error(make_student_score(1), {one, one, real_input({1}, {1})}) < kGradientLimit);  // distance 0
}

TEST_CASE("student_score refuses what does not fit") {
  const auto infer = [](const Shape& q, const Shape& k, const Shape& a) {
    return make_student_score(1)->infer(std::vector<Type>{{q}, {k}, {a}});
  };
  CHECK_NOTHROW(infer({2, 3, 5}, {2, 4, 5}, {5}));
  CHECK_THROWS_AS(infer({2, 3, 5}, {2, 4, 6}, {5}), Error);
  CHECK_THROWS_AS(infer({2, 3, 5}, {1, 4, 5}, {5}), Error);
  CHECK_THROWS_AS(infer({2, 3, 5}, {2, 4, 5}, {4}), Error);
  CHECK_THROWS_AS(make_student_score(0), Error);
}

// The same formula, built of functions that are known to be right.
Value composed_score(Value queries, Value keys, Value precision, double freedom) {
  const Value root = sqrt(precision);
  const Value distances = negate(euclidean_score(multiply(queries, root), multiply(keys, root)));
  return scale(log(add_scalar(scale(distances, 1 / freedom), 1)), -(freedom + 1) / 2);
}

TEST_CASE("student_score is what its parts give") {
  Builder b;
  const Value q = b.input("q", {{2, 3, 5}});
  const Value k = b.input("k", {{2, 4, 5}});
  const Value a = b.input("a", {{5}});
  b.output("one", student_score(q, k, a, 3));
  b.output("parts", composed_score(q, k, a, 3));
  Execution run(Plan::compile(b.freeze(), {}, Plan::Passes::kForward), [](const std::string&) { return ParameterMemory{}; });
  const std::vector<Input> inputs = {random_input({2, 3, 5}, 1), random_input({2, 4, 5}, 2), random_input({5}, 3, 0.5, 2)};
  run.bind("q", inputs[0].reals.data());
  run.bind("k", inputs[1].reals.data());
  run.bind("a", inputs[2].reals.data());
  run.forward({});
  const auto values = [&](const char* name) {
    const Tensor tensor = run.output(name);
    return std::vector<Real>(tensor.real(), tensor.real() + tensor.size());
  };
  CHECK(difference(values("one"), values("parts")) < 10 * kValueLimit);
}

TEST_CASE("add_noise gives a row of the batch the same noise in every shard") {
  const Input x = real_input({4, 3}, std::vector<Real>(12, 0));
  const std::vector<Real> whole = apply(make_add_noise(0.5), {x}, {.seed = 7});
  const std::vector<Real> part =
      apply(make_add_noise(0.5), {real_input({2, 3}, {0, 0, 0, 0, 0, 0})}, {.seed = 7, .first_row = 2});
  CHECK(std::vector<Real>(whole.begin() + 6, whole.end()) == part);
  CHECK(apply(make_add_noise(0.5), {x}, {.seed = 7, .step = 1}) != whole);
}

TEST_CASE("add_noise has mean 0 and the deviation that was asked for") {
  const std::vector<Real> noise =
      apply(make_add_noise(0.5), {real_input({100, 100}, std::vector<Real>(10000, 0))}, {.seed = 7});
  double sum = 0;
  double squares = 0;
  for (const Real e : noise) {
    sum += static_cast<double>(e);
    squares += static_cast<double>(e) * static_cast<double>(e);
  }
  CHECK(std::abs(sum / 10000) < 4 * 0.5 / 100);                                 // 4 standard errors
  CHECK(std::abs(squares / 10000 - 0.25) < 4 * 0.25 * std::sqrt(2.0 / 10000));  // of the variance
}

TEST_CASE("add_noise has an exact gradient, and is the identity in evaluation") {
  const Input x = random_input({3, 7}, 1);
  CHECK(gradient_error(make_add_noise(0.5), {x}) < kGradientLimit);
  CHECK(apply(make_add_noise(0.5), {x}, {.mode = Mode::kEvaluate}) == x.reals);
  CHECK_THROWS_AS(make_add_noise(-1), Error);
}

}  // namespace
}  // namespace fovea
