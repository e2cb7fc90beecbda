#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "framework/ops/memory_write.h"
#include "framework/ops/score.h"
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

TEST_CASE("memory_write erases and adds in proportion to the weight of a slot") {
  const std::vector<Input> in{real_input({1, 2, 2}, {1, 2, 3, 4}), real_input({1, 2}, {Real(0.5), 1}),
                              real_input({1, 2}, {1, Real(0.5)}), real_input({1, 2}, {8, 10})};
  CHECK(ran(make_memory_write(), in).output() == std::vector<Real>{4.5, 6.5, 8, 12});
}

TEST_CASE("memory_write has exact gradients at widths of a part of a pack and of several packs") {
  for (const Extent width : {1, 5, 16, 37}) {
    const std::vector<Input> in{random_input({2, 3, width}, 1), random_input({2, 3}, 2, 0, 1),
                                random_input({2, width}, 3, 0, 1), random_input({2, width}, 4)};
    CAPTURE(width);
    CHECK(gradient_error(make_memory_write(), in) < kGradientLimit);
  }
}

TEST_CASE("memory_write names what does not fit") {
  const std::vector<Type> types{{{2, 3, 4}}, {{2, 3}}, {{2, 4}}, {{2, 5}}};
  CHECK_THROWS_WITH_AS(make_memory_write()->infer(types),
                       "[memory_write] memory [2, 3, 4], weights [2, 3], erase [2, 4] and added [2, 5] do not fit; give "
                       "[B, N, D], [B, N], [B, D] and [B, D].",
                       Error);
}

TEST_CASE("cosine_score is the cosine of the angle, and short vectors count as having the length epsilon") {
  const Input queries = real_input({1, 1, 2}, {3, 4});
  const Input keys = real_input({1, 4, 2}, {6, 8, -3, -4, 4, -3, 0, 0});
  CHECK(difference(ran(make_cosine_score(1e-8), {queries, keys}).output(), {1, -1, 0, 0}) < kValueLimit);
  // |q| = 5 counts as 10, and so does |k| = 1: 3 / 100
  CHECK(difference(ran(make_cosine_score(10), {queries, real_input({1, 1, 2}, {1, 0})}).output(), {Real(0.03)}) <
        kValueLimit);
}

TEST_CASE("cosine_score has exact gradients on both sides of epsilon, for one query and for more") {
  for (const Extent width : {1, 5, 16, 37}) {
    for (const Extent queries : {1, 3}) {
      for (const double epsilon : {1e-8, 100.0}) {
        if (width == 1 && epsilon < 1) continue;  // the cosine of numbers is their sign
        CAPTURE(width);
        CAPTURE(queries);
        CAPTURE(epsilon);
        const std::vector<Input> in{random_input({2, queries, width}, 1), random_input({2, 4, width}, 2)};
        CHECK(gradient_error(make_cosine_score(epsilon), in) < kGradientLimit);
      }
    }
  }
}

TEST_CASE("cosine_score names what does not fit, and hands a number that is none on") {
  const std::vector<Type> types{{{2, 1, 4}}, {{2, 3, 5}}};
  CHECK_THROWS_WITH_AS(make_cosine_score(1e-8)->infer(types),
                       "[cosine_score] queries [2, 1, 4] and keys [2, 3, 5] do not fit; give [B, M, D] and [B, N, D] of one "
                       "width.",
                       Error);
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  CHECK(std::isnan(ran(make_cosine_score(1e-8), {real_input({1, 1, 1}, {nan}), real_input({1, 1, 1}, {1})}).output()[0]));
}

}  // namespace
}  // namespace fovea
