#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "framework/ops/scores/score.h"
#include "modules/memory/ntm/memory_address.h"
#include "modules/memory/ntm/memory_write.h"
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

TEST_CASE("memory_write has exact gradients at widths of less than a pack and of several packs") {
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
                       "memory [B, N, D], weights [B, N], erase [B, D] and added [B, D].",
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
      // All vectors are longer than the first epsilon and shorter than the second, but not by far: if they were, the part
      // of the gradient along a vector, which only the first has, would be too small to be seen.
      for (const double epsilon : {1e-8, 1.1 * std::sqrt(static_cast<double>(width))}) {
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

TEST_CASE("cosine_score names what does not fit, and passes NaN on") {
  const std::vector<Type> types{{{2, 1, 4}}, {{2, 3, 5}}};
  CHECK_THROWS_WITH_AS(make_cosine_score(1e-8)->infer(types),
                       "[cosine_score] queries [2, 1, 4] and keys [2, 3, 5] do not fit; give queries [B, M, D] and keys "
                       "[B, N, D].",
                       Error);
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  CHECK(std::isnan(ran(make_cosine_score(1e-8), {real_input({1, 1, 1}, {nan}), real_input({1, 1, 1}, {1})}).output()[0]));
}

std::vector<Input> address_inputs(const std::vector<Real>& found, const std::vector<Real>& previous, Real gate,
                                  const std::vector<Real>& shift, Real power) {
  const auto items = static_cast<Extent>(found.size());
  return {real_input({1, items}, found), real_input({1, items}, previous), real_input({1}, {gate}),
          real_input({1, static_cast<Extent>(shift.size())}, shift), real_input({1}, {power})};
}

TEST_CASE("memory_address mixes, moves in a circle and sharpens") {
  const auto in = address_inputs({0, 0, 1, 0}, {0, 0, 0, 1}, Real(0.75), {0, 0, 1}, 2);  // moved: 0.25 0 0 0.75
  CHECK(difference(ran(make_memory_address(Sharpening::kPower), in).output(), {Real(0.1), 0, 0, Real(0.9)}) < kValueLimit);
  // 2 moved = 0.5 0 0 1.5, of which 0.5 is taken away
  CHECK(ran(make_memory_address(Sharpening::kSparse), in).output() == std::vector<Real>{0, 0, 0, 1});
  const auto back = address_inputs({0, 0, 1, 0}, {1, 0, 0, 0}, Real(0.5), {0.5, 0.5, 0}, 1);
  for (const Sharpening sharpening : {Sharpening::kPower, Sharpening::kSparse}) {
    CHECK(difference(ran(make_memory_address(sharpening), back).output(), {Real(0.25), Real(0.25), Real(0.25), Real(0.25)}) <
          kValueLimit);
  }
}

TEST_CASE("memory_address has exact gradients for both ways of sharpening, any reach and sizes of less than a pack") {
  for (const Sharpening sharpening : {Sharpening::kPower, Sharpening::kSparse}) {
    // The steps of differences in float32 are so wide that they cross kinks of the projection.
    if (sharpening == Sharpening::kSparse && sizeof(Real) == 4) continue;
    for (const Extent reach : {0, 1, 3}) {
      for (const Extent items : {3, 16, 37}) {
        CAPTURE(static_cast<int>(sharpening));
        CAPTURE(reach);
        CAPTURE(items);
        const std::vector<Input> in{random_input({2, items}, 1, 0.1, 1), random_input({2, items}, 2, 0.1, 1),
                                    random_input({2}, 3, 0, 1), random_input({2, 2 * reach + 1}, 4, 0.1, 1),
                                    random_input({2}, 5, 1, 3)};
        CHECK(gradient_error(make_memory_address(sharpening), in) < kGradientLimit);
      }
    }
  }
}

TEST_CASE("memory_address keeps weights and gradients finite where all weight is on one slot") {
  for (const Sharpening sharpening : {Sharpening::kPower, Sharpening::kSparse}) {
    OpRunner runner(make_memory_address(sharpening), address_inputs({0, 1, 0}, {0, 1, 0}, 0.5, {0, 1, 0}, 20));
    runner.forward();
    CHECK(runner.output() == std::vector<Real>{0, 1, 0});
    runner.backward(31, {{1, 2, 3}}, 0);
    for (std::size_t i = 0; i < 5; ++i) {
      for (const Real value : runner.gradient(i)) CHECK(std::isfinite(value));
    }
  }
}

TEST_CASE("memory_address refuses an even number of moves and moves beyond the memory") {
  for (const Extent shifts : {2, 9}) {
    const std::vector<Type> types{{{2, 3}}, {{2, 3}}, {{2}}, {{2, shifts}}, {{2}}};
    CHECK_THROWS_WITH_AS(make_memory_address(Sharpening::kPower)->infer(types), doctest::Contains("2 R + 1"), Error);
  }
}

}  // namespace
}  // namespace fovea
