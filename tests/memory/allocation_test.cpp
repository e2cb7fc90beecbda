#include "modules/memory/dnc/allocation.h"

#include <doctest/doctest.h>

#include <numeric>

#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;
using Reals = std::vector<Real>;

Reals allocated(const Reals& usage) {
  OpRunner runner(make_allocation(), {real_input({1, static_cast<Extent>(usage.size())}, usage)});
  runner.forward();
  CHECK(runner.guards_are_whole());
  return runner.output();
}

}  // namespace

TEST_CASE("allocation goes to the slot that is used least, then to the next by what is left") {
  // In the order 0.25, 0.5, 0.75: 1 - 0.25; 0.25 (1 - 0.5); 0.25 0.5 (1 - 0.75).
  CHECK(difference(allocated({0.5, 0.75, 0.25}), {0.125, 0.03125, 0.75}) < kValueLimit);
}

TEST_CASE("a free slot takes all of an allocation, the lowest of several free ones first") {
  CHECK(allocated({1, 0, 0.5, 0}) == Reals{0, 1, 0, 0});
  CHECK(allocated({0, 0, 0}) == Reals{1, 0, 0});
}

TEST_CASE("where all slots are in use nothing is allocated, and one slot alone is allocated what is free") {
  CHECK(allocated({1, 1, 1}) == Reals{0, 0, 0});
  CHECK(allocated({0.25}) == Reals{0.75});
}

TEST_CASE("an allocation sums to 1 minus the product of all usages") {
  const Reals weights = allocated({0.9, 0.8, 0.7, 0.95});
  CHECK(std::accumulate(weights.begin(), weights.end(), 0.0) == doctest::Approx(1 - 0.9 * 0.8 * 0.7 * 0.95));
}

TEST_CASE("an allocation is the product of the usages of all slots that come first, computed plainly") {
  const Input usage = random_input({1, 23}, 4, 0, 1);
  Reals plain;
  for (const Real own : usage.reals) {
    Real product = 1 - own;
    for (const Real other : usage.reals) product *= other < own ? other : 1;
    plain.push_back(product);
  }
  CHECK(difference(allocated(usage.reals), plain) < kValueLimit);
}

TEST_CASE("allocation has the exact gradient for the order of its slots") {
  CHECK(gradient_error(make_allocation(), {real_input({2, 5}, {0.1, 0.9, 0.5, 0.3, 0.7, 0.95, 0.2, 0.8, 0.35, 0.6})}) <
        kGradientLimit);
  CHECK(gradient_error(make_allocation(), {real_input({1, 4}, {1, 0, 0.5, 0.25})}) < kGradientLimit);
  CHECK(gradient_error(make_allocation(), {real_input({1, 1}, {0.4})}) < kGradientLimit);
}

}  // namespace fovea
