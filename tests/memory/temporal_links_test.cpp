#include "modules/memory/dnc/temporal_links.h"

#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;
using Reals = std::vector<Real>;

Reals linked(const Input& links, const Input& precedence, const Input& weights) {
  OpRunner runner(make_temporal_links(), {links, precedence, weights});
  runner.forward();
  CHECK(runner.guards_are_whole());
  return runner.output();
}

}  // namespace

TEST_CASE("a slot that is written after another one is linked to it, and its older links are forgotten") {
  const Input links = real_input({1, 3, 3}, {0, 0.5, 0, 0.25, 0, 0, 0, 1, 0});
  // Slot 0 is written; slot 2 was written before.
  CHECK(linked(links, real_input({1, 3}, {0, 0, 1}), real_input({1, 3}, {1, 0, 0})) == Reals{0, 0, 1, 0, 0, 0, 0, 1, 0});
  // Half of slot 0 is written: L'_01 = 0.5 L_01, L'_02 = 0.5 p_2, L'_10 = 0.5 L_10.
  CHECK(linked(links, real_input({1, 3}, {0, 0, 1}), real_input({1, 3}, {0.5, 0, 0})) ==
        Reals{0, 0.25, 0.5, 0.125, 0, 0, 0, 1, 0});
}

TEST_CASE("no slot is linked to itself") {
  CHECK(linked(real_input({1, 2, 2}, {7, 0, 0, 7}), real_input({1, 2}, {1, 1}), real_input({1, 2}, {0.5, 0.5})) ==
        Reals{0, 0.5, 0.5, 0});
  CHECK(linked(real_input({1, 1, 1}, {7}), real_input({1, 1}, {1}), real_input({1, 1}, {1})) == Reals{0});
}

TEST_CASE("the links of several steps are those of the formula, computed plainly") {
  constexpr Extent kSlots = 19;
  const auto n = static_cast<std::size_t>(kSlots);
  Reals plain(n * n, 0);
  Reals links(n * n, 0);
  Reals p(n, 0);
  for (std::uint64_t step = 0; step < 4; ++step) {
    const Input w = random_input({1, kSlots}, 10 + step, 0, 0.1);
    links = linked(real_input({1, kSlots, kSlots}, links), real_input({1, kSlots}, p), w);
    Real total = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        Real& link = plain[i * n + j];
        link = i == j ? 0 : (1 - w.reals[i] - w.reals[j]) * link + w.reals[i] * p[j];
      }
      total += w.reals[i];
    }
    for (std::size_t i = 0; i < n; ++i) p[i] = (1 - total) * p[i] + w.reals[i];
  }
  CHECK(difference(links, plain) < kValueLimit);
}

TEST_CASE("temporal links have exact gradients") {
  for (const Extent slots : {1, 3, 19}) {
    CHECK(gradient_error(make_temporal_links(), {random_input({2, slots, slots}, 1, 0, 1), random_input({2, slots}, 2, 0, 1),
                                                 random_input({2, slots}, 3, 0, 1)}) < kGradientLimit);
  }
}

TEST_CASE("links of unequal sizes are refused with their shapes") {
  const std::vector<Type> in{{{1, 3, 3}, Kind::kReal}, {{1, 2}, Kind::kReal}, {{1, 3}, Kind::kReal}};
  CHECK_THROWS_WITH_AS(make_temporal_links()->infer(in), doctest::Contains("precedence [1, 2]"), Error);
}

}  // namespace fovea
