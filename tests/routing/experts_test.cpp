#include "modules/routing/experts.h"

#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "modules/routing/balance.h"
#include "modules/routing/expert_linear.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using test::ModelRun;
using testing::difference;
using testing::random_input;
using Reals = std::vector<Real>;
using Indices = std::vector<Index>;

Reals reals(const Tensor& tensor) { return {tensor.real(), tensor.real() + tensor.size()}; }

ExpertsOptions options_of(const std::string& router) {
  ExpertsOptions options;
  options.route.experts = 4;
  options.route.width = 5;
  options.route.site = router;
  options.hidden = 6;
  options.activation = "gelu";
  return options;
}

std::shared_ptr<const Graph> build(const std::string& router, bool with_losses = false) {
  Builder b;
  Experts experts(b, options_of(router));
  const Experts::Result result = experts({.x = b.input("x", {{2, 7, 5}, Kind::kReal})});
  const Router::Routed& routed = result.routed;
  b.output("y", result.y);
  b.output("kept", routed.kept);
  if (!with_losses) return b.freeze();
  b.output("importance", importance_loss(routed.kept, routed.weights, routed.choice.scores));
  b.output("balance", balance_loss(routed.wanted, routed.choice.scores));
  b.output("z", z_loss(routed.choice.scores));
  return b.freeze();
}

}  // namespace

TEST_CASE("an expert's layer is applied to the rows that were sent to it, and -1 gives zeros") {
  for (const bool is_shared : {true, false}) {
    Builder b;
    const Shape shape = is_shared ? Shape{1, 2, 3} : Shape{1, 2, 2, 3};
    const Value x = b.parameter("x", shape);
    const Value kept = b.input("kept", {{1, 2, 2}, Kind::kIndex});
    b.output("y", expert_linear(x, kept, b.parameter("weight", {3, 2, 3}), b.parameter("bias", {3, 2}, Init::normal(1))));
    ModelRun run(b.freeze());
    const Indices before{2, 0, 0, 2};  // what they leave behind must not be read again
    const Indices experts{2, 0, -1, 2};
    for (const Indices* sent : {&before, &experts}) {
      run.bind("kept", sent->data());
      run.run({{"y", 1}});
    }
    for (std::size_t pair = 0; pair < 4; ++pair) {
      for (std::size_t o = 0; o < 2; ++o) {
        const Real y = run.output("y").real()[pair * 2 + o];
        if (experts[pair] < 0) {
          CHECK(y == 0);
          continue;
        }
        const std::size_t place = static_cast<std::size_t>(experts[pair]) * 2 + o;
        Real expected = run.parameter("bias").real()[place];
        for (std::size_t d = 0; d < 3; ++d) {
          expected += run.parameter("weight").real()[place * 3 + d] *
                      run.parameter("x").real()[(is_shared ? pair / 2 : pair) * 3 + d];
        }
        CHECK(y == doctest::Approx(expected).epsilon(1e-5));
      }
    }
    for (std::size_t i = 0; i < 6; ++i) CHECK(run.gradient("weight").real()[6 + i] == 0);  // no row chose expert 1
    CHECK(run.gradient_error({{"y", 1}}) < test::kGradientLimit);
  }
}

TEST_CASE("experts that are all equal are one feed-forward layer, whichever is chosen") {
  ModelRun run(build("dot | dense | top_k(2) | none"));
  const auto x = random_input({2, 7, 5}, 1);
  const auto w1 = random_input({1, 6, 5}, 2);
  const auto w2 = random_input({1, 5, 6}, 3);
  Reals all1;
  Reals all2;
  for (int e = 0; e < 4; ++e) all1.insert(all1.end(), w1.reals.begin(), w1.reals.end());
  for (int e = 0; e < 4; ++e) all2.insert(all2.end(), w2.reals.begin(), w2.reals.end());
  run.set("w1", all1);
  run.set("w2", all2);
  run.bind("x", x.reals.data());
  run.run({{"y", 1}});

  Builder b;
  const Value hidden = gelu(linear(b.input("x", {{2, 7, 5}, Kind::kReal}), b.parameter("w1", {6, 5})));
  b.output("y", linear(hidden, b.parameter("w2", {5, 6})));
  ModelRun plain(b.freeze());
  plain.set("w1", w1.reals);
  plain.set("w2", w2.reals);
  plain.bind("x", x.reals.data());
  plain.run({{"y", 1}});
  CHECK(difference(reals(run.output("y")), reals(plain.output("y"))) < 8 * testing::kValueLimit);
}

TEST_CASE("experts and their losses have the gradients that central differences give") {
  ModelRun run(build("dot | dense | top_k(2) | none", true));
  const auto x = random_input({2, 7, 5}, 1);
  run.bind("x", x.reals.data());
  CHECK(run.gradient_error({{"y", 1}, {"importance", 2}, {"balance", 3}, {"z", 4}}) < test::kGradientLimit);
}

TEST_CASE("losses are least where experts are equally busy") {
  ModelRun run(build("dot | dense | softmax | none", true));
  run.set("router", Reals(20, 0));
  const auto x = random_input({2, 7, 5}, 1);
  run.bind("x", x.reals.data());
  run.run({{"y", 1}});
  for (std::size_t row = 0; row < 2; ++row) {
    CHECK(run.output("importance").real()[row] == doctest::Approx(0));
    CHECK(run.output("balance").real()[row] == doctest::Approx(1));
    CHECK(run.output("z").real()[row] == doctest::Approx(std::log(4.0) * std::log(4.0)));
  }
}

TEST_CASE("a router chooses by any site, and one that gets no gradient is refused") {
  for (const char* router : {"scaled_dot | dense | sample | reinforce", "cosine(sharpness=4) | dense | softmax | none"}) {
    ModelRun run(build(router));
    const auto x = random_input({2, 7, 5}, 1);
    run.bind("x", x.reals.data());
    run.run({{"y", 1}});
    for (const Real y : reals(run.output("y"))) CHECK(std::isfinite(y));
  }
  CHECK_THROWS_WITH_AS(build("dot | dense | top_k(1) | none"), doctest::Contains("no gradient reaches the scores"), Error);
}

}  // namespace fovea
