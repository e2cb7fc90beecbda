#include "modules/routing/router.h"

#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "modules/routing/balance.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using test::ModelRun;
using testing::random_input;
using Reals = std::vector<Real>;
using Indices = std::vector<Index>;

RouterOptions options_of(const std::string& policy, const std::string& site = "dot | dense | softmax | none") {
  RouterOptions options;
  options.experts = 4;
  options.width = 3;
  options.site = site;
  options.policy = policy;
  return options;
}

/// weights [2, 6, K] and the losses, of x, which is a parameter.
std::shared_ptr<const Graph> build(const RouterOptions& options) {
  Builder b;
  Router router(b, options);
  const Value ids = b.constant("ids", {2, 6}, Indices{0, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0});
  const Router::Routed routed = router({.x = b.parameter("x", {2, 6, 3}, Init::normal(1)), .ids = ids});
  b.output("weights", routed.weights);
  b.output("kept", routed.kept);
  b.output("wanted", routed.wanted);
  b.output("count", routed.count);
  if (!routed.loss.is_empty()) b.output("loss", routed.loss);
  return b.freeze();
}

double weight_of(ModelRun& run, std::size_t place) { return static_cast<double>(run.output("weights").real()[place]); }

}  // namespace

#if defined(FOVEA_F64)

TEST_CASE("weights and losses of every policy have the gradients that central differences give") {
  for (const char* policy : {"site", "noisy_top_k", "top_k(normalise=true)", "switch", "switch(over=overflow)", "top_2",
                             "top_2(second=random)", "expert_choice", "sinkhorn(k=2)"}) {
    for (const char* gate : {"site", "sigmoid"}) {
      CAPTURE(policy);
      CAPTURE(gate);
      RouterOptions options = options_of(policy);
      options.gate = gate;
      options.importance_loss = 0.7;
      options.balance_loss = 0.5;
      options.z_loss = 0.3;
      if (std::string(policy) == "noisy_top_k") {
        options.site = "dot | dense | top_k(2) | none";
        options.load_loss = 0.9;
      }
      CHECK(ModelRun(build(options)).gradient_error({{"weights", 1}, {"loss", 2}}) < test::kGradientLimit);
    }
  }
}

#endif

TEST_CASE("the gradient of a bias is E times the load minus the whole load, and that of the weights is exact") {
  ModelRun run(build(options_of("bias(k=2)")));
  run.set("bias", {0, 0.3F, 0, -0.2F});
  run.run({{"weights", 1}});
  Reals expected(4, 0);
  for (Extent i = 0; i < run.output("wanted").size(); ++i) {
    expected[run.output("wanted").index()[i]] += 4;
    for (Real& value : expected) value -= 1;
  }
  CHECK(Reals(run.gradient("bias").real(), run.gradient("bias").real() + 4) == expected);
  const Reals x(run.gradient("x").real(), run.gradient("x").real() + 36);
  ModelRun plain(build(options_of("sinkhorn(k=2)")));  // in evaluation: the best two
  plain.context.mode = Mode::kEvaluate;
  ModelRun zero(build(options_of("bias(k=2)")));
  zero.run({{"weights", 1}});
  plain.run({{"weights", 1}});
  CHECK(test::equal_bits(zero.output("weights"), plain.output("weights")));
  CHECK(test::equal_bits(zero.gradient("x"), plain.gradient("x")));
  CHECK(x != Reals(zero.gradient("x").real(), zero.gradient("x").real() + 36));  // the bias has chosen others
}

TEST_CASE("gates are the site's weights, a sigmoid of the scores, or 1, and normalised ones sum to 1") {
  RouterOptions options = options_of("top_2(capacity=0)");
  ModelRun site(build(options));
  site.run({});
  for (std::size_t row = 0; row < 12; ++row)
    CHECK(weight_of(site, 2 * row) + weight_of(site, 2 * row + 1) == doctest::Approx(1));
  options.policy = "top_2(capacity=0, normalise=false)";
  options.gate = "sigmoid";
  ModelRun sigmoid(build(options));
  sigmoid.run({});
  for (std::size_t row = 0; row < 12; ++row) {
    const auto expert = static_cast<std::size_t>(sigmoid.output("kept").index()[2 * row]);
    double score = 0;
    for (std::size_t d = 0; d < 3; ++d) {
      score += static_cast<double>(sigmoid.parameter("x").real()[row * 3 + d] *
                                   sigmoid.parameter("router").real()[expert * 3 + d]);
    }
    CHECK(weight_of(sigmoid, 2 * row) == doctest::Approx(1 / (1 + std::exp(-score))).epsilon(1e-5));
  }
  options.gate = "one";
  options.site = "dot | dense | sample | reinforce";
  options.policy = "switch(capacity=4)";
  ModelRun one(build(options));
  one.run({});
  for (std::size_t row = 0; row < 12; ++row) CHECK(weight_of(one, row) == 1);
}

TEST_CASE("a dropped row has weights of 0, and the share of a dropped second expert is lost") {
  ModelRun run(build(options_of("top_2(capacity=0.01)")));  // room for one
  run.run({{"weights", 1}});
  Extent kept = 0;
  for (Extent row = 0; row < 12; ++row) {
    const Index count = run.output("count").index()[row];
    kept += count;
    for (std::size_t k = static_cast<std::size_t>(count); k < 2; ++k) {
      CHECK(weight_of(run, 2 * static_cast<std::size_t>(row) + k) == 0);
    }
    if (count == 1) CHECK(weight_of(run, 2 * static_cast<std::size_t>(row)) < 0.999);
  }
  CHECK(kept <= 8);  // two batch elements, four experts
}

TEST_CASE("noise moves the choice in training and not in evaluation, and its deviation is learned") {
  RouterOptions options = options_of("noisy_top_k", "dot | dense | top_k(1) | straight_through");
  options.load_loss = 1;
  options.site = "dot | dense | top_k(2) | none";
  ModelRun run(build(options));
  run.context.seed = 1;
  run.run({{"loss", 1}});
  const Indices first(run.output("kept").index(), run.output("kept").index() + 24);
  Real moved = 0;
  for (Extent i = 0; i < 12; ++i) moved = std::max(moved, std::abs(run.gradient("noise").real()[i]));
  CHECK(moved > 1e-6);
  run.context.step = 1;
  run.run({{"loss", 1}});
  CHECK(first != Indices(run.output("kept").index(), run.output("kept").index() + 24));
  run.context.mode = Mode::kEvaluate;
  run.run({});
  const Indices evaluated(run.output("kept").index(), run.output("kept").index() + 24);
  ModelRun plain(build(options_of("site", "dot | dense | top_k(2) | none")));
  plain.run({});
  CHECK(evaluated == Indices(plain.output("kept").index(), plain.output("kept").index() + 24));
}

TEST_CASE("the probability to be among the k best is that of the normal distribution") {
  // k = 1: noisy 3, 1, 2. The threshold of item 0 is 2, that of the others 3.
  Builder b;
  const NoisyScores scores{b.parameter("clean", {1, 1, 3}), b.parameter("noisy", {1, 1, 3}),
                           b.parameter("deviation", {1, 1, 3})};
  b.output("p", probability_of_best(scores, 1));
  ModelRun run(b.freeze());
  run.set("clean", {2.5F, 1, 2});
  run.set("noisy", {3, 1, 2});
  run.set("deviation", {0.5F, 2, 1});
  run.run({{"p", 1}});
  CHECK(run.output("p").real()[0] == doctest::Approx(0.841345));  // Phi(1)
  CHECK(run.output("p").real()[1] == doctest::Approx(0.158655));  // Phi(-1)
  CHECK(run.output("p").real()[2] == doctest::Approx(0.158655));
  CHECK(run.gradient_error({{"p", 1}}) < test::kGradientLimit);
}

TEST_CASE("losses are those of a hand-computed load") {
  Builder b;
  const Value scores = b.parameter("scores", {1, 4, 2});
  const Value wanted = b.constant("wanted", {1, 4, 1}, Indices{0, 0, 0, 1});
  const Value weights = b.constant("weights", {1, 4, 1}, Reals{1, 0.5F, 0.5F, 1});
  b.output("balance", balance_loss(wanted, scores));
  b.output("importance", importance_loss(wanted, weights, scores));
  b.output("variation", squared_variation(b.parameter("load", {1, 3})));
  ModelRun run(b.freeze());
  run.set("scores", Reals(8, 0));
  run.set("load", {1, 2, 3});
  run.run({});
  CHECK(run.output("balance").real()[0] == doctest::Approx(1));               // 2 (3/4 1/2 + 1/4 1/2)
  CHECK(run.output("importance").real()[0] == doctest::Approx(0.25 / 2.25));  // loads 2 and 1
  CHECK(run.output("variation").real()[0] == doctest::Approx(1.0 / 6));       // variance 2/3, mean 2
}

TEST_CASE("a router says what it cannot do") {
  CHECK_THROWS_WITH_AS(build(options_of("swich")), doctest::Contains("Did you mean 'switch'?"), Error);
  CHECK_THROWS_WITH_AS(build(options_of("switch(capasity=2)")), doctest::Contains("capacity"), Error);
  RouterOptions options = options_of("switch");
  options.load_loss = 1;
  CHECK_THROWS_WITH_AS(build(options), doctest::Contains("a policy with noise was expected"), Error);
  options = options_of("hash");
  options.balance_loss = 1;
  CHECK_THROWS_WITH_AS(build(options), doctest::Contains("a policy with scores was expected"), Error);
  Builder b;
  Router router(b, options_of("hash"));
  CHECK_THROWS_WITH_AS(router({.x = b.parameter("x", {2, 6, 3})}), doctest::Contains("ids of the rows"), Error);
}

}  // namespace fovea
