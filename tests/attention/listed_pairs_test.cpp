#include "framework/attention/tiles/listed_pairs.h"

#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "framework/core/rng.h"
#include "framework/cpu/parallel.h"
#include "framework/cpu/vector_math.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;

// Every row has some of the items, ascending.
Input drawn_list(const Shape& shape, Extent items) {
  Rng rng({.seed = 8});
  std::vector<Index> list;
  for (Extent row = 0; row < shape[0] * shape[1]; ++row) {
    const std::size_t end = list.size() + static_cast<std::size_t>(shape[2]);
    for (Extent item = 0; item < items && list.size() < end; ++item) {
      if (rng.below(3) == 0) list.push_back(static_cast<Index>(item));
    }
    list.resize(end, -1);
  }
  return index_input(shape, list);
}

std::vector<Input> score_inputs(Extent batch, Extent queries, Extent items, Extent width) {
  return {random_input({batch, queries, 4 * width}, 1), random_input({batch, items, 2 * width}, 2),
          drawn_list({batch, 4 * queries, 3}, items)};
}

std::vector<Input> read_inputs(Extent batch, Extent queries, Extent items, Extent width) {
  return {random_input({batch, 4 * queries, 3}, 1), drawn_list({batch, 4 * queries, 3}, items),
          random_input({batch, items, 2 * width}, 2)};
}

constexpr ListedHeads kHeads{.heads = 4, .item_heads = 2, .scale = 0.5};

}  // namespace

TEST_CASE("scores of listed pairs are their dot products, head by head") {
  // Two heads of width 2 that share the items of one.
  OpRunner runner(make_listed_scores({.heads = 2, .item_heads = 1, .scale = 0.5}),
                  {real_input({1, 1, 4}, {1, 2, 3, 4}), real_input({1, 2, 2}, {1, 10, 100, 1000}),
                   index_input({1, 2, 2}, {0, 1, 1, -1})});
  runner.forward();
  CHECK(runner.guards_are_whole());
  CHECK(runner.output() == std::vector<Real>{10.5, 1050, 2150, 0});
}

TEST_CASE("a read of listed pairs is the sum of values by their weights") {
  OpRunner runner(
      make_listed_read({.heads = 2, .item_heads = 1}),
      {real_input({1, 2, 2}, {1, 2, 3, 4}), index_input({1, 2, 2}, {0, 1, 1, -1}), real_input({1, 2, 1}, {5, 7})});
  runner.forward();
  CHECK(runner.guards_are_whole());
  CHECK(runner.output() == std::vector<Real>{19, 21});
}

TEST_CASE("gradients of listed pairs are those of central differences") {
  CHECK(gradient_error(make_listed_scores(kHeads), score_inputs(2, 3, 5, 3)) < kGradientLimit);
  CHECK(gradient_error(make_listed_scores(kHeads), score_inputs(1, 130, 70, 1)) < kGradientLimit);
  for (const Extent packs : {2, 4}) {
    CHECK(gradient_error(make_listed_scores(kHeads), score_inputs(1, 2, 5, packs * cpu::kPack)) < kGradientLimit);
    CHECK(gradient_error(make_listed_read(kHeads), read_inputs(1, 2, 5, packs * cpu::kPack)) < kGradientLimit);
  }
  CHECK(gradient_error(make_listed_read(kHeads), read_inputs(2, 3, 5, 3)) < kGradientLimit);
  CHECK(gradient_error(make_listed_read(kHeads), read_inputs(1, 130, 70, 1)) < kGradientLimit);
}

TEST_CASE("listed pairs have the same bits for any number of threads") {
  std::vector<std::vector<Real>> found;
  for (const int threads : {1, 2, 3, 8}) {
    cpu::set_threads(threads);
    OpRunner scores(make_listed_scores(kHeads), score_inputs(1, 300, 300, 5));
    OpRunner read(make_listed_read(kHeads), read_inputs(1, 300, 300, 5));
    std::vector<Real> all;
    for (OpRunner* runner : {&scores, &read}) {
      runner->forward();
      const std::vector<Real> out = runner->output();
      all.insert(all.end(), out.begin(), out.end());
      runner->backward(~0U, {out}, 0);
    }
    for (const std::size_t input : {0, 1}) {
      for (const Real x : scores.gradient(input)) all.push_back(x);
      for (const Real x : read.gradient(2 * input)) all.push_back(x);
    }
    found.push_back(all);
  }
  cpu::set_threads(0);
  for (std::size_t i = 1; i < found.size(); ++i) CHECK(found[i] == found[0]);
}

TEST_CASE("items at places of a list, and where a list ends") {
  OpRunner items(make_listed_items(), {index_input({1, 2, 3}, {4, 6, 8, 1, 2, -1}), index_input({1, 2, 2}, {0, 2, 1, -1})});
  items.forward();
  CHECK(items.index_output() == std::vector<Index>{4, 8, 2, -1});
  OpRunner mask(make_listed_mask(), {index_input({1, 3}, {0, 5, -1})});
  mask.forward();
  CHECK(mask.index_output() == std::vector<Index>{1, 1, 0});
}

TEST_CASE("lists that do not fit are refused") {
  const std::vector<Type> odd{{{1, 4, 6}}, {{1, 4, 4}}, {{1, 8, 3}, Kind::kIndex}};
  CHECK_THROWS_WITH_AS(
      make_listed_scores({.heads = 2, .item_heads = 1})->infer(odd),
      doctest::Contains("list [1, 8, 3] do not fit; give queries [B, M, H D], items [B, N, G D] and list Index [B, H M, C]"),
      Error);
  std::vector<Input> far = score_inputs(1, 2, 5, 1);
  far[2].indices[0] = 5;
  OpRunner runner(make_listed_scores(kHeads), far);
  CHECK_THROWS_WITH_AS(runner.forward(), doctest::Contains("index 5 at element 0 is outside of [-1, 5)"), Error);
}

}  // namespace fovea
