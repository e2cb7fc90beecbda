#include "framework/train/objective.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "framework/graph/loop.h"
#include "framework/train/shards.h"
#include "framework/train/training.h"
#include "tests/support/line_run.h"
#include "tests/support/model_run.h"

using namespace fovea;

namespace {

/// x [2] = 1, 2 is a parameter; cost x, metric/penalty x^2, other 3 x, besides what has no gradient or another type.
void model(Builder& b, const InputTypes& /*inputs*/) {
  const Value x = b.parameter("x", {2}, Init::zero());
  const Value fixed = b.parameter("fixed", {2}, Init::zero());
  b.output("cost", add(x, fixed));
  b.metric("penalty", square(x));
  b.output("other", scale(x, 3));
  b.output("detached", detach(x));
  b.output("of_fixed", square(fixed));
  b.output("matrix", unsqueeze(x, 0));
  b.output("single", sum(unsqueeze(x, 0), 1));
  b.output("index", argmax(unsqueeze(x, 0)));
}

std::shared_ptr<const Graph> graph_of(const std::string& objective, Mode mode = Mode::kTrain) {
  TrainSettings settings;
  settings.objective = objective;
  settings.freeze = "fixed";
  return build_graph(model, {}, mode, settings);
}

struct Result {
  std::vector<Real> cost;
  std::vector<Real> gradient;  // of x, for the cotangents 1, 1
};

Result result_of(const std::string& objective) {
  test::ModelRun run(graph_of(objective));
  run.set("x", {1, 2});
  run.set("fixed", {0, 0});
  run.execution().forward({});
  run.execution().clear_output_gradients();
  const Tensor cotangent = run.execution().output_gradient("cost");
  for (Extent i = 0; i < 2; ++i) cotangent.real()[i] = 1;
  run.execution().backward({});
  const Tensor cost = run.output("cost");
  const Tensor gradient = run.gradient("x");
  return {{cost.real(), cost.real() + 2}, {gradient.real(), gradient.real() + 2}};
}

std::string failure_of(const std::string& objective) {
  try {
    graph_of(objective);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

using test::contains;

}  // namespace

TEST_CASE("an objective is a sum of outputs with factors") {
  const auto check = [](const std::string& text, const std::vector<Real>& cost, const std::vector<Real>& gradient) {
    CAPTURE(text);
    const Result result = result_of(text);
    CHECK(result.cost == cost);
    CHECK(result.gradient == gradient);
  };
  check("", {1, 2}, {1, 1});
  check("cost", {1, 2}, {1, 1});
  check("cost + 0.5 * metric/penalty", {1.5, 4}, {2, 3});
  check("cost+0.5*metric/penalty-2*other", {-4.5, -8}, {-4, -3});
  check("  -cost + 1e1 * other ", {29, 58}, {29, 29});
  check("- 0.5*cost - -2 * other + other", {8.5, 17}, {8.5, 8.5});
}

TEST_CASE("the cost of the model stays as a metric, and its other outputs are as they were") {
  test::ModelRun run(graph_of("other"));
  run.set("x", {1, 2});
  run.set("fixed", {0, 0});
  run.execution().forward({});
  CHECK(run.output("metric/model_cost").real()[1] == 2);
  CHECK(run.output("cost").real()[1] == 6);
  CHECK(run.output("other").real()[1] == 6);
  CHECK_FALSE(graph_of("")->has_output("metric/model_cost"));
  CHECK_FALSE(graph_of("other", Mode::kEvaluate)->has_output("metric/model_cost"));
}

TEST_CASE("an objective of an output that is not there names the nearest") {
  CHECK(contains(failure_of("cost + metric/penalti"),
                 "[objective] an output of the model while it trains was expected; no "
                 "'metric/penalti'; known: cost, metric/penalty, other,"));
  CHECK(contains(failure_of("cost + metric/penalti"), "Did you mean 'metric/penalty'?"));
}

TEST_CASE("an objective of an output that is not one number for each item says what it is") {
  CHECK(contains(failure_of("cost + matrix"), "'matrix' is Real [1, 2]"));
  CHECK(contains(failure_of("cost + single"), "'single' is Real [1]"));
  CHECK(contains(failure_of("index"), "'index' is Index [1]"));
}

TEST_CASE("a term that moves no parameter is an error") {
  CHECK(contains(failure_of("cost + detached"), "no gradient passes from 'detached' to one; take it out of the sum"));
  CHECK(contains(failure_of("cost + of_fixed"), "no gradient passes from 'of_fixed' to one"));
}

TEST_CASE("a term is followed through loops, value by value") {
  const auto looped = [](Builder& b, const InputTypes& /*inputs*/) {
    const Value x = b.parameter("x", {2}, Init::zero());
    LoopBuilder loop(b, "loop");
    const Value count = loop.carried("count", to_real(b.constant("zero", Shape{2}, std::vector<Index>{0, 0})));
    const Value late = loop.carried("late", to_real(b.constant("none", Shape{2}, std::vector<Index>{0, 0})));
    const Value early = loop.carried("early", to_real(b.constant("none", Shape{2}, std::vector<Index>{0, 0})));
    loop.next(count, add_scalar(count, 1));
    loop.next(late, early);
    loop.next(early, x);
    const Value counted = loop.last("counted", add_scalar(count, 1));
    const Value lagging = loop.last("lagging", scale(late, 1));
    loop.steps(3);
    loop.finish();
    b.output("cost", x);
    b.output("counted", counted);
    b.output("lagging", lagging);
  };
  TrainSettings settings;
  settings.objective = "cost + lagging";
  CHECK_NOTHROW(build_graph(looped, {}, Mode::kTrain, settings));
  settings.objective = "cost + counted";
  CHECK_THROWS_WITH_AS(build_graph(looped, {}, Mode::kTrain, settings),
                       doctest::Contains("no gradient passes from 'counted'"), Error);
}

TEST_CASE("a text that is no sum of outputs says what stands where") {
  CHECK(contains(failure_of("cost other"), "'other' in the place of a + or - came; write such as \"cost + 0.1 *"));
  CHECK(contains(failure_of("cost + * other"), "'* other' in the place of a name came"));
  CHECK(contains(failure_of("cost + 0.5 *"), "an end without a name came"));
  CHECK(contains(failure_of("inf * cost"), "the factor 'inf' came"));
  CHECK(contains(failure_of("cost + 0.5"), "no '0.5'; known: cost"));
}

TEST_CASE("training follows the objective, which is its loss") {
  const auto losses_of = [](const std::string& objective) {
    RunSpec run = test::smooth_line();
    run.train.schedule = "constant";
    run.train.objective = objective;
    Training training(run);
    std::vector<double> values;
    for (int step = 0; step < 5; ++step) {
      const StepReport& report = training.step();
      values.push_back(report.loss);
      values.insert(values.end(), report.metrics.begin(), report.metrics.end());
    }
    return values;
  };
  const std::vector<double> sum = losses_of("cost + 0.5 * metric/distance");  // loss, distance, model_cost
  REQUIRE(sum.size() == 15);
  for (std::size_t i = 0; i < 15; i += 3) CHECK(sum[i] == doctest::Approx(sum[i + 2] + 0.5 * sum[i + 1]).epsilon(1e-5));
  const std::vector<double> plain = losses_of("");  // loss, distance
  const std::vector<double> same = losses_of("cost");
  for (std::size_t step = 0; step < 5; ++step) CHECK(same[3 * step] == plain[2 * step]);
  CHECK(sum[14] != plain[8]);
}
