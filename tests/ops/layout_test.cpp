#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "framework/ops/gather.h"
#include "framework/ops/indices.h"
#include "framework/ops/layout.h"
#include "framework/ops/reduce.h"
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

const Input kCount = real_input({2, 3}, {1, 2, 3, 4, 5, 6});

TEST_CASE("reshape keeps an axis for 0 and infers one for -1, for any batch size") {
  const auto op = make_reshape({0, -1, 2});
  CHECK(op->infer(std::vector<Type>{{{3, 8}}})[0].shape == Shape{3, 4, 2});
  CHECK(op->infer(std::vector<Type>{{{5, 2, 3}}})[0].shape == Shape{5, 3, 2});
  CHECK_THROWS_WITH_AS(op->infer(std::vector<Type>{{{3, 5}}}),
                       "[reshape] x [3, 5] does not take the extents [0, -1, 2] (0 keeps an axis, -1 takes what is left); "
                       "give as many elements.",
                       Error);
}

TEST_CASE("transpose reorders axes") {
  CHECK(ran(make_transpose({1, 0}), {kCount}).output() == std::vector<Real>{1, 4, 2, 5, 3, 6});
  const Input indices = index_input({1, 2, 2}, {1, 2, 3, 4});
  CHECK(ran(make_transpose({-1, 0, 1}), {indices}).index_output() == std::vector<Index>{1, 3, 2, 4});
  CHECK_THROWS_AS(make_transpose({0, 0})->infer(std::vector<Type>{kCount.type}), Error);
}

TEST_CASE("concat and slice are inverse to each other along any axis") {
  for (int axis = 0; axis < 3; ++axis) {
    const Input a = random_input({2, 3, 4}, 1);
    const Input b = random_input(Shape{2, 3, 4}.with(axis, 5), 2);
    const OpRunner joined = ran(make_concat(axis), {a, b});
    const Input whole{joined.output_types()[0], joined.output(), {}};
    const Extent cut = a.type.shape[axis];
    CHECK(ran(make_slice(axis, 0, cut), {whole}).output() == a.reals);
    CHECK(ran(make_slice(axis - 3, -5, 1000), {whole}).output() == b.reals);
  }
}

TEST_CASE("ops that move elements have exact gradients") {
  const Input x = random_input({2, 3, 4, 5}, 1);
  const std::vector<OpPointer> ops = {make_reshape({0, -1}), make_transpose({0, 2, 1, 3}), make_transpose({3, 1, 0, 2}),
                                      make_slice(1, 1, 3),   make_slice(-1, -2, 1000),     make_unsqueeze(-1),
                                      make_unsqueeze(0)};
  for (const OpPointer& op : ops) CHECK(gradient_error(op, {x}) < kGradientLimit);
  CHECK(gradient_error(make_squeeze(1), {random_input({3, 1, 2}, 2)}) < kGradientLimit);
  CHECK(gradient_error(make_concat(1), {x, random_input({2, 1, 4, 5}, 2), x}) < kGradientLimit);
}

TEST_CASE("expand_rows repeats, and sums the gradient") {
  const Input like = random_input({3, 7}, 9);
  CHECK(ran(make_expand_rows(), {real_input({2}, {1, 2}), like}).output() == std::vector<Real>{1, 2, 1, 2, 1, 2});
  OpRunner runner = ran(make_expand_rows(), {real_input({2}, {1, 2}), like});
  runner.backward(1, {{1, 2, 3, 4, 5, 6}}, Real(0.5));
  CHECK(runner.gradient(0) == std::vector<Real>{Real(9.5), Real(12.5)});
  CHECK(ran(make_zeros_like_rows({2}), {like}).output() == std::vector<Real>(6, 0));
}

TEST_CASE("gathered rows get the gradients of all their readers") {
  OpRunner runner = ran(make_embedding(), {index_input({3}, {1, 0, 1}), real_input({2, 2}, {1, 2, 3, 4})});
  CHECK(runner.output() == std::vector<Real>{3, 4, 1, 2, 3, 4});
  runner.backward(2, {{1, 2, 3, 4, 5, 6}}, 0);
  CHECK(runner.gradient(1) == std::vector<Real>{3, 4, 6, 8});
}

TEST_CASE("slice_like takes as many elements of an axis as another input has, and says where there are fewer") {
  const Input x = random_input({2, 5, 3}, 1);
  const Input like = random_input({4, 2}, 2);
  CHECK(ran(make_slice_like(1, 1), {x, like}).output() == ran(make_slice(1, 0, 2), {x}).output());
  CHECK(gradient_error(make_slice_like(-2, 0), {x, like}) < kGradientLimit);
  CHECK_THROWS_WITH_AS(
      make_slice_like(2, 0)->infer(std::vector<Type>{x.type, like.type}),
      "[slice_like] 4 places of axis 2 were asked for by like [4, 2]; x [2, 5, 3] has fewer; make x longer.", Error);
}

TEST_CASE("scatter_items puts kept values in their places, skips -1 and adds values that share a place") {
  const Input values = real_input({1, 2, 2}, {1, 2, 3, 4});
  const Input kept = index_input({1, 2, 2}, {2, 0, 1, -1});
  const Input like = random_input({1, 3, 5}, 1);
  CHECK(ran(make_scatter_items(), {values, kept, like}).output() == std::vector<Real>{2, 0, 1, 0, 3, 0});
  CHECK(ran(make_scatter_items(), {values, index_input({1, 2, 2}, {1, 1, 0, 2}), like}).output() ==
        std::vector<Real>{0, 3, 0, 3, 0, 4});
  CHECK(gradient_error(make_scatter_items(), {random_input({1, 2, 2}, 3), kept, like}) < kGradientLimit);
  CHECK_THROWS_AS(ran(make_scatter_items(), {values, index_input({1, 2, 2}, {1, 1, 0, 3}), like}), Error);
}

TEST_CASE("gather_items reads rows of each batch row, and zeros for -1") {
  const Input items = random_input({2, 3, 5}, 1);
  const std::vector<Real> read = ran(make_gather_items(), {items, index_input({2, 2}, {2, -1, 0, 0})}).output();
  CHECK(read[0] == items.reals[10]);
  CHECK(read[5] == 0);
  CHECK(read[15] == items.reals[15]);
  CHECK(gradient_error(make_gather_items(), {items, index_input({2, 2}, {2, -1, 0, 0})}) < kGradientLimit);
  CHECK(gradient_error(make_gather_items(), {items, index_input({2}, {2, 1})}) < kGradientLimit);
  CHECK(gradient_error(make_gather_rows(), {items, index_input({3}, {1, 0, 1})}) < kGradientLimit);
  CHECK(gradient_error(make_embedding(), {index_input({2, 2}, {1, 0, 3, 1}), random_input({4, 5}, 2)}) < kGradientLimit);
}

TEST_CASE("an index outside its table is an error that points to the batch") {
  OpRunner runner(make_embedding(), {index_input({2}, {0, 4}), random_input({4, 2}, 1)});
  CHECK_THROWS_WITH_AS(runner.forward(),
                       "[embedding] index 4 at element 1 is outside of [0, 4); check the batch that the task made.", Error);
}

TEST_CASE("argmax takes the lowest of ties and only what is allowed") {
  const Input x = real_input({2, 3}, {1, 5, 5, 7, 0, 7});
  CHECK(ran(make_argmax(), {x}).index_output() == std::vector<Index>{1, 0});
  CHECK(ran(make_argmax(), {x, index_input({2, 3}, {1, 0, 1, 0, 0, 0})}).index_output() == std::vector<Index>{2, -1});
}

TEST_CASE("one_hot, mark_used, equal, to_real and full_index give what their names say") {
  CHECK(ran(make_one_hot(3), {index_input({2}, {2, -1})}).output() == std::vector<Real>{0, 0, 1, 0, 0, 0});
  CHECK(ran(make_one_hot(0), {index_input({1}, {1}), kCount}).output() == std::vector<Real>{0, 1, 0});
  const Input mask = index_input({2, 2}, {1, 1, 1, 0});
  CHECK(ran(make_mark_used(), {mask, index_input({2}, {1, -1})}).index_output() == std::vector<Index>{1, 0, 1, 0});
  CHECK(ran(make_same_segment(), {index_input({2, 2}, {0, -1, 3, 1}), index_input({2, 3}, {0, -1, 1, 1, 1, 3})})
            .index_output() == std::vector<Index>{1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0});
  CHECK_THROWS_WITH_AS(ran(make_same_segment(), {index_input({2, 2}, {0, 1, 0, 1}), index_input({3}, {0, 1, 1})}),
                       doctest::Contains("give a Index [B, M] and b Index [B, N]"), Error);
  CHECK(ran(make_equal(), {mask, index_input({2, 2}, {1, 0, 0, 0})}).output() == std::vector<Real>{1, 0, 0, 1});
  CHECK(ran(make_to_real(), {index_input({2}, {7, -1})}).output() == std::vector<Real>{7, -1});
  CHECK(ran(make_full_index(1, 4), {kCount}).index_output() == std::vector<Index>{4, 4});
}

TEST_CASE("sums and means go along one axis, or over all but the first") {
  CHECK(ran(make_reduce(Reduction::kSum, 0), {kCount}).output() == std::vector<Real>{5, 7, 9});
  CHECK(ran(make_reduce(Reduction::kMean, -1), {kCount}).output() == std::vector<Real>{2, 5});
  CHECK(ran(make_reduce_rows(Reduction::kMean), {kCount}).output() == std::vector<Real>{2, 5});
  for (const Reduction reduction : {Reduction::kSum, Reduction::kMean}) {
    const Input x = random_input({3, 4, 21}, 3);
    for (int axis = 0; axis < 3; ++axis) CHECK(gradient_error(make_reduce(reduction, axis), {x}) < kGradientLimit);
    CHECK(gradient_error(make_reduce_rows(reduction), {x}) < kGradientLimit);
  }
}

}  // namespace
}  // namespace fovea
