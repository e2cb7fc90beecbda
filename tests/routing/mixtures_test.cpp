#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "modules/routing/head_mixture.h"
#include "modules/routing/memory_mixture.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using test::ModelRun;
using Reals = std::vector<Real>;
using Indices = std::vector<Index>;

Reals reals(const Tensor& tensor) { return {tensor.real(), tensor.real() + tensor.size()}; }

RouterOptions route_of(const std::string& policy, Extent experts) {
  RouterOptions route;
  route.experts = experts;
  route.width = 4;
  route.site = "dot | dense | softmax | none";
  route.policy = policy;
  return route;
}

std::shared_ptr<const Graph> heads_of(const std::string& policy, const std::string& site) {
  Builder b;
  HeadMixture mixture(b, {.route = route_of(policy, 3), .head_width = 2, .site = site});
  const HeadMixture::Result result = mixture({.queries = b.parameter("x", {2, 5, 4}, Init::normal(1))});
  b.output("y", result.y);
  b.output("kept", result.routed.kept);
  b.output("weights", result.routed.weights);
  return b.freeze();
}

std::shared_ptr<const Graph> memories_of(const std::string& policy, const std::string& keys) {
  Builder b;
  MemoryMixture mixture(b, {.route = route_of(policy, 3), .keys = keys, .site = "dot | dense | softmax | none"});
  const MemoryMixture::Result result = mixture({.queries = b.parameter("x", {2, 5, 4}, Init::normal(1)),
                                                .keys = b.parameter("keys", {2, 3, 6, 4}, Init::normal(1)),
                                                .values = b.parameter("values", {2, 3, 6, 2}, Init::normal(1))});
  b.output("y", result.y);
  b.output("kept", result.routed.kept);
  b.output("weights", result.routed.weights);
  for (std::size_t k = 0; k < result.reads.size(); ++k) b.output("slots_" + std::to_string(k), result.reads[k].kept);
  return b.freeze();
}

/// What head `head` of the mixture gives for all queries, by plain functions with the same parameters.
Reals alone(ModelRun& mixture, Extent head) {
  Builder b;
  const Value x = b.parameter("x", {2, 5, 4});
  const Value query = linear(x, b.parameter("query", {2, 4}));
  const Value scores = scale(dot_score(query, linear(x, b.parameter("key", {2, 4}))), 1 / std::sqrt(2.0));
  const Value read = matmul(softmax(scores), linear(x, b.parameter("value", {2, 4})));
  b.output("y", linear(read, b.parameter("output", {4, 2})));
  ModelRun run(b.freeze());
  const auto part = [&](const std::string& name) {
    const Reals all = reals(mixture.parameter(name));
    return Reals(all.begin() + head * 8, all.begin() + head * 8 + 8);
  };
  run.set("x", reals(mixture.parameter("x")));
  run.set("query", part("query"));
  run.set("key", reals(mixture.parameter("key")));
  run.set("value", reals(mixture.parameter("value")));
  run.set("output", part("output"));
  run.run({});
  return reals(run.output("y"));
}

}  // namespace

TEST_CASE("a query has the weighted sum of what its heads would give alone") {
  ModelRun run(heads_of("top_k(k=2)", "scaled_dot | dense | softmax | none"));
  run.run({});
  Reals expected(40, 0);
  for (Extent head = 0; head < 3; ++head) {
    const Reals own = alone(run, head);
    for (std::size_t pair = 0; pair < 20; ++pair) {
      if (run.output("kept").index()[pair] != head) continue;
      const Real weight = run.output("weights").real()[pair];
      for (std::size_t d = 0; d < 4; ++d) expected[pair / 2 * 4 + d] += weight * own[pair / 2 * 4 + d];
    }
  }
  CHECK(testing::difference(reals(run.output("y")), expected) < 8 * testing::kValueLimit);
}

TEST_CASE("a query without a head gets nothing, and heads may be causal") {
  ModelRun run(heads_of("switch(capacity=0.01)", "scaled_dot | causal | softmax | none"));  // room for one query
  run.run({});
  const Reals y = reals(run.output("y"));
  for (std::size_t query = 0; query < 10; ++query) {
    if (run.output("kept").index()[query] >= 0) continue;
    for (std::size_t d = 0; d < 4; ++d) CHECK(y[query * 4 + d] == 0);
  }
  run.parameter("x").real()[16] += Real(0.1);  // the last query of the first batch element
  run.run({});
  const Reals changed = reals(run.output("y"));
  CHECK(std::equal(y.begin(), y.begin() + 4, changed.begin()));
}

TEST_CASE("a memory that is not open is not read") {
  ModelRun run(memories_of("top_k(k=2)", "mean"));
  run.run({});
  for (std::size_t row = 0; row < 10; ++row) {
    for (std::size_t k = 0; k < 2; ++k) {
      const Index memory = run.output("kept").index()[row * 2 + k];
      const Index* slots = run.output("slots_" + std::to_string(k)).index() + row * 18;
      for (Index s = 0; s < 18; ++s) CHECK(slots[s] == (s < 6 ? memory * 6 + s : -1));
    }
  }
}

TEST_CASE("slots of a memory that is not open are masked") {
  Builder b;
  b.output("mask", slots_of(b.constant("opened", {1, 3}, Indices{1, -1, 0}), 2, 3));
  ModelRun run(b.freeze());
  run.run({});
  const Index* mask = run.output("mask").index();
  CHECK(Indices(mask, mask + 18) == Indices{0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0});
}

TEST_CASE("mixtures say what does not fit") {
  Builder b;
  MemoryMixture mixture(b, {.route = route_of("top_k", 3)});
  const Value x = b.parameter("x", {2, 5, 4});
  CHECK_THROWS_WITH_AS(
      mixture({.queries = x, .keys = b.parameter("keys", {2, 4, 6, 4}), .values = b.parameter("values", {2, 4, 6, 2})}),
      doctest::Contains("of 3 memories were expected"), Error);
  RouterOptions given = route_of("top_k", 3);
  given.keys = RouterOptions::Keys::kGiven;
  const auto scope = b.scope("other");
  Router router(b, given);
  CHECK_THROWS_WITH_AS(router({.x = x}), doctest::Contains("give one for each expert"), Error);
}

#if defined(FOVEA_F64)

TEST_CASE("mixtures of heads and of memories have the gradients that central differences give") {
  for (const char* policy : {"top_k(k=2, normalise=true)", "switch(capacity=1)", "expert_choice(capacity=1)"}) {
    CAPTURE(policy);
    CHECK(ModelRun(heads_of(policy, "scaled_dot | causal | softmax | none")).gradient_error({{"y", 1}}) <
          test::kGradientLimit);
    for (const char* keys : {"mean", "learned"}) {
      CHECK(ModelRun(memories_of(policy, keys)).gradient_error({{"y", 1}}) < test::kGradientLimit);
    }
  }
}

#endif

}  // namespace fovea
