#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "framework/ops/linear.h"
#include "framework/ops/scores/score.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;

OpRunner ran(OpPointer op, const std::vector<Input>& inputs) {
  OpRunner runner(std::move(op), inputs);
  runner.forward();
  CHECK(runner.guards_are_whole());
  return runner;
}

OpPointer full_matmul(bool transpose_a, bool transpose_b) {
  return make_matmul(transpose_a, transpose_b, cpu::Products::kFull);
}

TEST_CASE("linear multiplies by the transposed weight and adds the bias") {
  const Input x = real_input({2, 2}, {1, 2, 3, 4});
  const Input weight = real_input({3, 2}, {1, 0, 0, 1, 1, 1});
  const auto op = make_linear(cpu::Products::kFull);
  CHECK(ran(op, {x, weight}).output() == std::vector<Real>{1, 2, 3, 3, 4, 7});
  CHECK(ran(op, {x, weight, real_input({3}, {10, 20, 30})}).output() == std::vector<Real>{11, 22, 33, 13, 24, 37});
}

TEST_CASE("linear has exact gradients") {
  const std::vector<Input> inputs = {random_input({2, 3, 7}, 1), random_input({5, 7}, 2), random_input({5}, 3)};
  CHECK(gradient_error(make_linear(cpu::Products::kFull), inputs) < kGradientLimit);
  CHECK(gradient_error(make_linear(cpu::Products::kFull), {inputs[0], inputs[1]}) < kGradientLimit);
}

TEST_CASE("linear names a weight that does not fit") {
  const std::vector<Type> types = {{{4, 7}}, {{5, 8}}};
  CHECK_THROWS_WITH_AS(make_linear(cpu::Products::kFull)->infer(types),
                       "[linear] x [4, 7] and weight [5, 8] do not fit; give x [..., D] and weight [O, D].", Error);
}

TEST_CASE("matmul multiplies the last two axes") {
  const Input a = real_input({2, 1, 2}, {1, 2, 3, 4});
  const Input b = real_input({2, 2, 1}, {5, 6, 7, 8});
  CHECK(ran(full_matmul(false, false), {a, b}).output() == std::vector<Real>{17, 53});
}

TEST_CASE("matmul has exact gradients in all layouts, batched and with a shared factor") {
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      const Shape a = transpose_a ? Shape{2, 2, 5, 3} : Shape{2, 2, 3, 5};
      const Shape b = transpose_b ? Shape{2, 2, 4, 5} : Shape{2, 2, 5, 4};
      const Shape shared = transpose_b ? Shape{4, 5} : Shape{5, 4};
      CAPTURE(transpose_a);
      CAPTURE(transpose_b);
      for (const Shape& second : {b, shared}) {
        const std::vector<Input> inputs = {random_input(a, 1), random_input(second, 2)};
        CHECK(gradient_error(full_matmul(transpose_a, transpose_b), inputs) < kGradientLimit);
      }
    }
  }
}

std::vector<Real> additive_by_hand(const std::vector<Input>& in) {
  const Shape& q = in[0].type.shape;
  const Extent keys = in[1].type.shape[1];
  std::vector<Real> scores;
  for (Extent row = 0; row < q[0] * q[1]; ++row) {
    for (Extent n = 0; n < keys; ++n) {
      double sum = 0;
      for (Extent h = 0; h < q[2]; ++h) {
        const auto query = static_cast<double>(in[0].reals[row * q[2] + h]);
        const Extent key = (row / q[1] * keys + n) * q[2] + h;
        sum += static_cast<double>(in[2].reals[h]) * std::tanh(query + static_cast<double>(in[1].reals[key]));
      }
      scores.push_back(static_cast<Real>(sum));
    }
  }
  return scores;
}

std::vector<Input> additive_inputs(Extent queries, Extent keys, Extent width, double size) {
  return {random_input({2, queries, width}, 1, -size, size), random_input({2, keys, width}, 2, -size, size),
          random_input({width}, 3)};
}

TEST_CASE("additive_score is v^T tanh(q + k) for any sizes, on both of its paths") {
  for (const Extent queries : {1, 2, 3, 7}) {
    for (const Extent keys : {1, 4, 6}) {
      for (const Extent width : {1, 16, 37}) {
        const std::vector<Input> near = additive_inputs(queries, keys, width, 3);
        const std::vector<Input> far = additive_inputs(queries, keys, width, 60);  // exponentials would overflow
        CHECK(difference(ran(make_additive_score(), near).output(), additive_by_hand(near)) < kValueLimit);
        CHECK(difference(ran(make_additive_score(), far).output(), additive_by_hand(far)) < kValueLimit);
      }
    }
  }
}

TEST_CASE("keys prepared once give the scores of additive_score, also where only some are within bounds") {
  for (const Extent queries : {1, 2, 5}) {
    for (const Extent width : {1, 16, 37}) {
      const std::vector<Input> near = additive_inputs(queries, 6, width, 3);
      for (const double size : {3.0, 25.0, 60.0}) {
        std::vector<Input> mixed = near;
        mixed[1].reals[0] = static_cast<Real>(size);  // of the first item alone
        const std::vector<Type> keys = {mixed[1].type};
        const Input prepared =
            real_input(make_additive_keys()->infer(keys)[0].shape, ran(make_additive_keys(), {mixed[1]}).output());
        const std::vector<Real> scores = ran(make_prepared_additive_score(), {mixed[0], prepared, mixed[2]}).output();
        CHECK(difference(scores, additive_by_hand(mixed)) < kValueLimit);
        mixed[0].reals[0] = static_cast<Real>(-size);
        const std::vector<Real> far = ran(make_prepared_additive_score(), {mixed[0], prepared, mixed[2]}).output();
        CHECK(difference(far, additive_by_hand(mixed)) < kValueLimit);
      }
    }
  }
}

TEST_CASE("additive_score keeps NaN") {
  std::vector<Input> inputs = additive_inputs(2, 3, 20, 1);
  inputs[1].reals[0] = std::numeric_limits<Real>::quiet_NaN();
  const std::vector<Real> scores = ran(make_additive_score(), inputs).output();
  CHECK(std::isnan(scores[0]));
  CHECK(!std::isnan(scores[1]));
}

TEST_CASE("additive_score has exact gradients on both of its paths") {
  CHECK(gradient_error(make_additive_score(), additive_inputs(6, 5, 19, 1)) < kGradientLimit);
  CHECK(gradient_error(make_additive_score(), additive_inputs(1, 5, 19, 1)) < kGradientLimit);
  std::vector<Input> far = additive_inputs(5, 3, 4, 1);
  far[0].reals[0] = 25;  // the plain path
  CHECK(gradient_error(make_additive_score(), far) < kGradientLimit);
}

TEST_CASE("euclidean_score is minus the squared distance, with exact gradients") {
  const Input q = real_input({1, 2, 2}, {0, 0, 3, 4});
  const Input k = real_input({1, 2, 2}, {3, 4, 3, 5});
  CHECK(ran(make_euclidean_score(), {q, k}).output() == std::vector<Real>{-25, -34, 0, -1});
  CHECK(gradient_error(make_euclidean_score(), {random_input({2, 3, 19}, 1), random_input({2, 4, 19}, 2)}) < kGradientLimit);
}

}  // namespace
}  // namespace fovea
