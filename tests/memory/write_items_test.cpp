#include "modules/memory/sparse/write_items.h"

#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;
using Reals = std::vector<Real>;

std::vector<Input> inputs_of(const std::vector<Index>& kept, Extent heads) {
  const Extent places = static_cast<Extent>(kept.size()) / (2 * heads);
  return {random_input({2, 4, 3}, 1), index_input({2, heads, places}, kept), random_input({2, heads, places}, 2, 0, 1),
          random_input({2, heads, 3}, 3, 0, 1), random_input({2, heads, 3}, 4)};
}

}  // namespace

TEST_CASE("a hard write erases and adds in the kept slots only") {
  OpRunner runner(make_write_items(WriteTo::kCopy),
                  {real_input({1, 3, 2}, {1, 2, 3, 4, 5, 6}), index_input({1, 1, 2}, {1, -1}),
                   real_input({1, 1, 2}, {0.5, 1}), real_input({1, 1, 2}, {1, 0}), real_input({1, 1, 2}, {8, 10})});
  runner.forward();
  CHECK(runner.guards_are_whole());
  CHECK(runner.output() == Reals{1, 2, Real(3 * 0.5 + 4), Real(4 + 5), 5, 6});
}

TEST_CASE("a hard write has exact gradients, also where slots are written twice or not at all") {
  CHECK(gradient_error(make_write_items(WriteTo::kCopy), inputs_of({2, 0, 3, -1}, 1)) < kGradientLimit);
  CHECK(gradient_error(make_write_items(WriteTo::kCopy), inputs_of({2, 2, 1, 1}, 1)) < kGradientLimit);
  CHECK(gradient_error(make_write_items(WriteTo::kCopy), inputs_of({2, 0, 0, 3, -1, -1, 1, 2}, 2)) < kGradientLimit);
}

TEST_CASE("the gradient of every weight is that of a write which keeps every slot") {
  // Slot 1 is written with weight 1; then each slot in turn with weight 0 by the same head.
  std::vector<Input> few = inputs_of({1, 1}, 1);
  few[2] = real_input({2, 1, 1}, {1, 1});
  few.push_back(random_input({2, 1, 4}, 5));
  std::vector<Input> all = inputs_of({0, 1, 2, 3, 0, 1, 2, 3}, 1);
  all[2] = real_input({2, 1, 4}, {0, 1, 0, 0, 0, 1, 0, 0});
  const std::vector<Reals> cotangent{random_input({2, 4, 3}, 9).reals};
  OpRunner a(make_write_items(WriteTo::kCopy), few);
  OpRunner b(make_write_items(WriteTo::kCopy), all);
  for (OpRunner* runner : {&a, &b}) {
    runner->forward();
    runner->backward(~0U, cotangent, 0);
  }
  CHECK(a.output() == b.output());
  Reals told = a.gradient(5);
  told[1] += a.gradient(2)[0];
  told[5] += a.gradient(2)[1];
  CHECK(difference(told, b.gradient(2)) < kValueLimit);
  for (const std::size_t input : {0, 3, 4}) CHECK(difference(a.gradient(input), b.gradient(input)) < kValueLimit);
}

TEST_CASE("a hard write to a slot that does not exist is refused") {
  OpRunner runner(make_write_items(WriteTo::kCopy), inputs_of({2, 4, 0, 0}, 1));
  CHECK_THROWS_AS(runner.forward(), Error);
}

}  // namespace fovea
