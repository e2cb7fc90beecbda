#include "modules/memory/large/product_keys.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "framework/core/error.h"
#include "framework/cpu/parallel.h"
#include "modules/memory/large/memory_read.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using namespace fovea::testing;

constexpr Extent kRows = 35, kHalfKeys = 9, kHalfWidth = 4, kValueWidth = 3;

std::vector<Input> inputs_of(Extent rows, Extent heads, Extent half_keys) {
  return {random_input({rows, heads, 2 * kHalfWidth}, 1), random_input({heads, 2, half_keys, kHalfWidth}, 2),
          random_input({half_keys * half_keys, kValueWidth}, 3)};
}

/// The key of every slot, written out.
std::vector<Real> whole_keys(const Input& halves) {
  std::vector<Real> keys;
  const auto half = [&](Extent which, Extent i) {
    const auto first = halves.reals.begin() + (which * kHalfKeys + i) * kHalfWidth;
    keys.insert(keys.end(), first, first + kHalfWidth);
  };
  for (Extent i = 0; i < kHalfKeys; ++i) {
    for (Extent j = 0; j < kHalfKeys; ++j) {
      half(0, i);
      half(1, j);
    }
  }
  return keys;
}

}  // namespace

TEST_CASE("product keys read what a scan of all pairs reads") {
  for (const Extent kept : {1, 2, 5, 9}) {
    CAPTURE(kept);
    const std::vector<Input> inputs = inputs_of(kRows, 1, kHalfKeys);
    OpRunner product(make_product_keys(kept), inputs);
    product.forward();
    CHECK(product.guards_are_whole());
    OpRunner scan(make_memory_read({.kept = kept}),
                  {real_input({1, kRows, 2 * kHalfWidth}, inputs[0].reals),
                   real_input({kHalfKeys * kHalfKeys, 2 * kHalfWidth}, whole_keys(inputs[1])), inputs[2]});
    scan.forward();
    CHECK(difference(product.output(0), scan.output(3)) < 20 * kValueLimit);
    std::vector<Index> found = product.index_output(2);
    for (Extent row = 0; row < kRows; ++row) std::sort(found.begin() + row * kept, found.begin() + (row + 1) * kept);
    CHECK(found == scan.index_output(1));
  }
}

TEST_CASE("of equal pairs product keys keep the lowest slots") {
  OpRunner runner(make_product_keys(3), {real_input({1, 1, 2}, {1, 1}), real_input({1, 2, 4, 1}, {0, 1, 1, 0, 2, 0, 2, 0}),
                                         random_input({16, 1}, 1)});
  runner.forward();
  CHECK(runner.index_output(2) == std::vector<Index>{4, 6, 8});
}

TEST_CASE("product keys have exact gradients, with several heads") {
  if (sizeof(Real) != 8) return;  // a difference that is wide enough for float32 changes which slots are kept
  CHECK(gradient_error(make_product_keys(3), inputs_of(4, 2, 6)) < kGradientLimit);
}

TEST_CASE("a memory layer of product keys has the gradient of central differences and the same bits for any threads") {
  Builder b;
  const Value x = b.parameter("x", {2, 20, 5}, Init::normal(1));
  const ProductKeyOptions options{.heads = 2, .half_keys = 5, .query_width = 6, .site = "dot | dense | top_k(3) | none"};
  b.output("y", product_key_memory(b, "memory", x, 4, options));
  const auto graph = b.freeze();
  if (sizeof(Real) == 8) CHECK(test::ModelRun(graph).gradient_error({{"y", 1}}) < test::kGradientLimit);
  std::vector<std::vector<Real>> found;
  for (const int threads : {1, 2, 3, 8}) {
    cpu::set_threads(threads);
    test::ModelRun run(graph);
    run.run({{"y", 1}});
    for (const Tensor& tensor : {run.output("y"), run.gradient("memory/values"), run.gradient("x")}) {
      found.emplace_back(tensor.real(), tensor.real() + tensor.size());
    }
    cpu::set_threads(0);
  }
  for (std::size_t i = 3; i < found.size(); ++i) CHECK(found[i] == found[i % 3]);
}

TEST_CASE("product keys refuse another site, and more kept slots than half keys") {
  Builder b;
  const Value x = b.parameter("x", {2, 5}, Init::normal(1));
  CHECK_THROWS_WITH_AS(product_key_memory(b, "a", x, 4, {.site = "dot | dense | softmax | none"}),
                       doctest::Contains("top_k, threshold, argmax"), Error);
  CHECK_THROWS_WITH_AS(product_key_memory(b, "b", x, 4, {.site = "cosine | dense | top_k(4) | none"}),
                       doctest::Contains("dot | dense | top_k(k) | none"), Error);
  CHECK_THROWS_WITH_AS(product_key_memory(b, "c", x, 4, {.half_keys = 4}), doctest::Contains("32 slots cannot be kept"),
                       Error);
}

}  // namespace fovea
