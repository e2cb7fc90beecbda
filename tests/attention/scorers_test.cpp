#include <doctest/doctest.h>

#include "framework/attention/scorer.h"
#include "tests/conformance/site_run.h"

namespace fovea {
namespace {

/// The scores of the query (3, 4) with the keys (1, 2) and (0, -1).
std::vector<Real> scores_of(const std::string& text, const std::map<std::string, std::vector<Real>>& parameters = {}) {
  conformance::SiteRun run(
      {.text = text, .batch = 1, .queries = 1, .items = 2, .query_width = 2, .key_width = 2, .value_width = 0});
  run.inputs["queries"] = {3, 4};
  run.inputs["keys"] = {1, 2, 0, -1};
  for (const auto& [name, values] : parameters) run.parameters.at("site/" + name) = values;
  run.execution =
      std::make_unique<Execution>(Plan::compile(run.graph, {}, Plan::Passes::kForward), [&](const std::string& path) {
        return ParameterMemory{run.parameters.at(path).data(), nullptr};
      });
  run.forward();
  return run.reals("scores");
}

void check_near(const std::vector<Real>& found, double first, double second) {
  CHECK(static_cast<double>(found[0]) == doctest::Approx(first).epsilon(1e-6));
  CHECK(static_cast<double>(found[1]) == doctest::Approx(second).epsilon(1e-6));
}

}  // namespace

TEST_CASE("the scorers give the scores that a reader computes by hand") {
  check_near(scores_of("dot"), 11, -4);
  check_near(scores_of("scaled_dot"), 11 / std::sqrt(2.0), -4 / std::sqrt(2.0));
  check_near(scores_of("euclidean"), -(4 + 4), -(9 + 25));
  check_near(scores_of("cosine(sharpness=2)"), 2 * 11 / (5 * std::sqrt(5.0)), 2 * -4 / 5.0);
  check_near(scores_of("bilinear", {{"weight", {1, 0, 2, -1}}}), 3 * 1 + 4 * 0, 3 * 0 + 4 * 1);
  check_near(
      scores_of("additive(width=1)", {{"weight_query", {Real(0.1), 0}}, {"weight_key", {Real(0.2), Real(0.1)}}, {"v", {2}}}),
      2 * std::tanh(0.7), 2 * std::tanh(0.2));
  check_near(scores_of("location(places=3)", {{"weight", {1, 2, -1, 1, 5, 5}}}), 3 * 1 + 4 * 2, 3 * -1 + 4 * 1);
  check_near(
      scores_of("mlp(width=1)",
                {{"weight_query", {Real(0.1), 0}}, {"weight_key", {Real(0.2), 0}}, {"bias", {Real(0.5)}}, {"v", {2}}}),
      2 * std::tanh(0.3 + 0.2 + 0.5), 2 * std::tanh(0.3 + 0.5));
  check_near(scores_of("mlp(width=1, layers=2, activation=relu)", {{"weight_query", {1, 0}},
                                                                   {"weight_key", {0, 1}},
                                                                   {"bias", {1}},
                                                                   {"weight_2", {-2}},
                                                                   {"bias_2", {9}},
                                                                   {"v", {3}}}),
             3 * 0, 3 * (9 - 2 * 3));
}

TEST_CASE("the temperature of a scorer divides its scores, fixed or learned") {
  check_near(scores_of("dot(temperature=2)"), 5.5, -2);
  check_near(scores_of("dot(learn_temperature=true)", {{"log_temperature", {std::log(Real(4))}}}), 11 / 4.0, -1);
  Builder builder;
  const auto scorer = Registry<Scorer>::instance().parse("dot(temperature=3, learn_temperature=true)").plugin;
  scorer->declare(builder, 2, 2);
  const Value x = builder.input("x", {{1, 1, 2}, Kind::kReal});
  builder.output("scores", scorer->score(builder, x, x));
  const auto graph = builder.freeze();
  REQUIRE(graph->parameters().size() == 1);
  const Init& init = graph->node(graph->parameters()[0]).init;
  CHECK(init.kind == Init::Kind::kConstant);
  CHECK(init.scale == doctest::Approx(std::log(3.0)));
}

TEST_CASE("a scorer with fewer places than there are items says so") {
  CHECK_THROWS_WITH_AS(scores_of("location(places=1)"), doctest::Contains("make x longer"), Error);
}

}  // namespace fovea
