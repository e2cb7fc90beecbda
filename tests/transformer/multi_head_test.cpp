#include "modules/transformer/multi_head.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "tests/support/model_run.h"

using namespace fovea;

namespace {

std::shared_ptr<const Graph> self_attention(const MultiHeadOptions& options, const std::vector<Index>& mask = {}) {
  Builder b;
  const Value x = b.parameter("x", {2, 4, 6}, Init::normal(1));
  MultiHeadAttention attention(b, "self", {6, 6}, options);
  MultiHeadAttention::Inputs inputs{.queries = x};
  if (!mask.empty()) inputs.mask = b.constant("mask", {2, 4}, mask);
  b.output("y", attention.attend(inputs).y);
  return b.freeze();
}

/// The elements of y, [2, 4, 6], that change when item `item` of row 0 does: those of the queries named.
std::vector<Extent> changed_queries(const MultiHeadOptions& options, Extent item, const std::vector<Index>& mask = {}) {
  test::ModelRun run(self_attention(options, mask));
  run.run({});
  const Tensor y = run.output("y");
  const std::vector<Real> before(y.real(), y.real() + 48);
  for (Extent d = 0; d < 6; ++d) run.parameter("x").real()[item * 6 + d] += Real(0.5);
  run.run({});
  std::vector<Extent> changed;
  for (Extent row = 0; row < 8; ++row) {
    if (!std::equal(&before[row * 6], &before[row * 6] + 6, run.output("y").real() + row * 6)) {
      changed.push_back(row);
    }
  }
  return changed;
}

}  // namespace

TEST_CASE("causal heads do not look ahead, dense heads do, and rows are independent") {
  CHECK(changed_queries({.heads = 2, .site = "scaled_dot | causal | softmax | none"}, 2) == std::vector<Extent>{2, 3});
  CHECK(changed_queries({.heads = 2}, 2) == std::vector<Extent>{0, 1, 2, 3});
}

TEST_CASE("an item that is masked as padding changes no query but its own") {
  CHECK(changed_queries({.heads = 3}, 3, {1, 1, 1, 0, 1, 1, 1, 1}) == std::vector<Extent>{3});
}

TEST_CASE("heads take any scorer, selector and estimator and are recorded separately") {
  for (const char* site : {"additive(width=3) | causal | softmax | none", "bilinear | dense | top_k(2) | none",
                           "scaled_dot | causal | argmax | straight_through", "dot | dense | sample | reinforce"}) {
    CAPTURE(site);
    const auto graph = self_attention({.heads = 2, .site = site});
    REQUIRE(graph->sites().size() == 2);
    CHECK(graph->sites()[1].path.ends_with("self/head_2"));
    test::ModelRun run(graph);
    const std::vector<Real> advantages{1, -1};
    const std::vector<std::span<const Real>> slots(graph->estimators().size(), advantages);
    run.context.advantages = slots;
    run.run({{"y", 3}});
    const Tensor gradient = run.gradient("self/query/weight");
    const bool moves = std::any_of(gradient.real(), gradient.real() + gradient.size(), [](Real g) { return g != 0; });
    CHECK(moves);
    CHECK(std::all_of(gradient.real(), gradient.real() + gradient.size(), [](Real g) { return std::isfinite(g); }));
  }
}

TEST_CASE("gradients of attention with several heads agree with central differences") {
  using Positions = MultiHeadOptions::Positions;
  for (const Positions positions : {Positions::kNone, Positions::kRotary, Positions::kRelative}) {
    MultiHeadOptions options{.heads = 3, .site = "scaled_dot | causal | softmax | none", .positions = positions, .reach = 2};
    test::ModelRun run(self_attention(options, {1, 1, 1, 1, 1, 1, 1, 0}));
    CHECK(run.gradient_error({{"y", 5}}) < test::kGradientLimit);
  }
}

TEST_CASE("a memory of another width is read, and its gradient agrees with central differences") {
  Builder b;
  const Value x = b.parameter("x", {2, 3, 4}, Init::normal(1));
  const Value memory = b.parameter("memory", {2, 5, 3}, Init::normal(1));
  MultiHeadAttention attention(b, "cross", {4, 3}, {.heads = 2});
  b.output("y", attention.attend({.queries = x, .memory = memory}).y);
  test::ModelRun run(b.freeze());
  CHECK(run.gradient_error({{"y", 6}}) < test::kGradientLimit);
}

TEST_CASE("heads that do not divide the width are an error") {
  CHECK_THROWS_WITH_AS(self_attention({.heads = 4}), doctest::Contains("multiple of the heads"), Error);
  CHECK_THROWS_WITH_AS(self_attention({.heads = 2, .positions = MultiHeadOptions::Positions::kRotary}),
                       doctest::Contains("even width"), Error);
}
