#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "framework/ops/binary.h"
#include "framework/ops/unary.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;

std::vector<Real> apply(OpPointer op, const std::vector<Input>& inputs) {
  OpRunner runner(std::move(op), inputs);
  runner.forward();
  CHECK(runner.guards_are_whole());
  return runner.output();
}

struct UnaryCase {
  Unary function;
  double (*exact)(double);
  double low;
};

const std::vector<UnaryCase> kUnaryCases = {
    {Unary::kTanh, [](double x) { return std::tanh(x); }, -3},
    {Unary::kSigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -3},
    {Unary::kRelu, [](double x) { return x > 0 ? x : 0; }, 0.1},
    {Unary::kGelu, [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }, -3},
    {Unary::kSilu, [](double x) { return x / (1 + std::exp(-x)); }, -3},
    {Unary::kSoftplus, [](double x) { return std::log1p(std::exp(x)); }, -3},
    {Unary::kExp, [](double x) { return std::exp(x); }, -3},
    {Unary::kLog, [](double x) { return std::log(x); }, 0.5},
    {Unary::kSqrt, [](double x) { return std::sqrt(x); }, 0.5},
    {Unary::kSquare, [](double x) { return x * x; }, -3},
};

TEST_CASE("unary functions agree with the standard library in every lane") {
  for (const UnaryCase& c : kUnaryCases) {
    for (const Extent n : {1, 7, 16, 37}) {
      const Input x = random_input({n}, 3, c.low, 4);
      std::vector<Real> exact;
      for (const Real value : x.reals) exact.push_back(static_cast<Real>(c.exact(static_cast<double>(value))));
      CHECK(difference(apply(make_unary(c.function), {x}), exact) < kValueLimit);
    }
  }
}

TEST_CASE("unary functions have exact gradients") {
  for (const UnaryCase& c : kUnaryCases) {
    CAPTURE(static_cast<int>(c.function));
    CHECK(gradient_error(make_unary(c.function), {random_input({3, 11}, 4, c.low, 2)}) < kGradientLimit);
  }
  CHECK(gradient_error(make_unary(Unary::kRelu), {random_input({19}, 4, -3, -0.1)}) < kGradientLimit);
}

TEST_CASE("unary functions keep NaN and saturate at the ends") {
  const Real huge = 300;
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  for (const UnaryCase& c : kUnaryCases) CHECK(std::isnan(apply(make_unary(c.function), {real_input({1}, {nan})})[0]));
  CHECK(apply(make_unary(Unary::kGelu), {real_input({2}, {-huge, huge})}) == std::vector<Real>{0, huge});
  CHECK(apply(make_unary(Unary::kSoftplus), {real_input({2}, {-huge, huge})})[1] == huge);
  CHECK(apply(make_unary(Unary::kSilu), {real_input({1}, {huge})})[0] == huge);
}

TEST_CASE("softplus keeps its digits where it is small") {
  const double y = static_cast<double>(apply(make_unary(Unary::kSoftplus), {real_input({1}, {Real(-12)})})[0]);
  CHECK(std::abs(y / std::log1p(std::exp(-12.0)) - 1) < kValueLimit);
}

TEST_CASE("affine ops scale, shift and negate") {
  const Input x = random_input({2, 9}, 5);
  CHECK(apply(make_affine(3, 1, "scale"), {real_input({2}, {2, -1})}) == std::vector<Real>{7, -2});
  CHECK(gradient_error(make_affine(-2.5, 7, "scale"), {x}) < kGradientLimit);
}

TEST_CASE("binary ops broadcast as numpy does") {
  const Input a = real_input({2, 1, 2}, {1, 2, 3, 4});
  const Input b = real_input({3, 1}, {10, 20, 30});
  const std::vector<Real> sums = {11, 12, 21, 22, 31, 32, 13, 14, 23, 24, 33, 34};
  CHECK(apply(make_binary(Binary::kAdd), {a, b}) == sums);
  CHECK(apply(make_binary(Binary::kAdd), {b, a}) == sums);
  CHECK(apply(make_binary(Binary::kSubtract), {real_input({2}, {5, 6}), real_input({}, {2})}) == std::vector<Real>{3, 4});
}

TEST_CASE("binary ops have exact gradients under any broadcast") {
  const std::vector<std::pair<Shape, Shape>> shapes = {{{3, 21}, {3, 21}},     {{4, 5}, {5}},       {{5}, {4, 5}},
                                                       {{2, 3, 19}, {3, 1}},   {{2, 1, 4}, {3, 1}}, {{6}, {}},
                                                       {{2, 3, 4}, {2, 1, 1}}, {{1}, {1, 1}}};
  for (const auto& [a, b] : shapes) {
    const std::string both = a.text() + " " + b.text();
    CAPTURE(both);
    for (const Binary function : {Binary::kAdd, Binary::kSubtract, Binary::kMultiply, Binary::kDivide}) {
      const std::vector<Input> inputs = {random_input(a, 6, 1, 2), random_input(b, 7, 1, 2)};
      CHECK(gradient_error(make_binary(function), inputs) < kGradientLimit);
    }
  }
}

TEST_CASE("binary ops name shapes that do not broadcast") {
  const std::vector<Type> types = {{{2, 3}}, {{4}}};
  CHECK_THROWS_WITH_AS(make_binary(Binary::kAdd)->infer(types),
                       "[add] a [2, 3] and b [4] do not broadcast; give extents that are equal or 1.", Error);
}

}  // namespace
}  // namespace fovea
