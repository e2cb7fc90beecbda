#include "modules/program/synthesiser.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/train/shards.h"
#include "framework/train/training.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

RunSpec run_of(const Settings& settings) {
  const auto experiment = Registry<Experiment>::instance().make("program_synthesis");
  Options options;
  experiment->fields(options);
  for (const auto& [name, value] : settings) options.set(name, value);
  return experiment->runs().at(0);
}

/// A tiny model of the experiment, and a batch for it.
struct Tiny {
  RunSpec run;
  Batch batch{30};

  explicit Tiny(const Settings& more = {}) {
    Settings settings{{"registers", "2"}, {"longest", "2"},  {"bits", "4"},  {"samples", "1"},
                      {"together", "2"},  {"features", "5"}, {"hidden", "4"}};
    settings.insert(settings.end(), more.begin(), more.end());
    run = run_of(settings);
    fill_batch(*make_task(run.task), Split::kTrain, {}, batch);
  }
  test::ModelRun model(Mode mode) const {
    const auto graph = build_graph(run.model, batch.types(), mode, run.train);
    test::ModelRun made(graph);
    for (const char* name : {"before", "after", "program"}) {
      const bool is_read = mode == Mode::kEvaluate || run.name == "programs" || std::string(name) != "program";
      if (is_read) made.bind(name, batch.at(name).data);
    }
    return made;
  }
};

bool has_gradient(test::ModelRun& run, const std::string& parameter) {
  const Tensor gradient = run.gradient(parameter);
  return std::any_of(gradient.real(), gradient.real() + gradient.size(), [](Real g) { return std::abs(g) > Real(1e-6); });
}

}  // namespace

TEST_CASE("the gradient of learning from programs agrees with central differences") {
  const Tiny tiny(Settings{{"registers", "3"}});  // where there is a source to choose
  test::ModelRun model = tiny.model(Mode::kTrain);
  // Small weights and biases of 1 or -1: every unit is well above or well below the kink of relu.
  for (const char* layer : {"patterns/weight", "view/weight", "context/weight", "again/weight", "all/weight"}) {
    std::vector<Real> weights(static_cast<std::size_t>(model.parameter(layer).size()));
    Rng({.seed = 3, .stream = stream_of(layer)}).fill_normal(weights);
    for (Real& weight : weights) weight *= Real(0.03);
    model.set(layer, weights);
  }
  for (const char* bias : {"patterns/bias", "view/bias", "places", "all/bias"}) {
    std::vector<Real> values(static_cast<std::size_t>(model.parameter(bias).size()), 1);
    values[1] = -1;
    model.set(bias, values);
  }
  CHECK(model.gradient_error({{"cost", 3}}) < test::kGradientLimit);
}

TEST_CASE("without any preference a program costs the logarithms of what can be chosen") {
  const Tiny tiny;
  test::ModelRun model = tiny.model(Mode::kTrain);
  model.set("operations", std::vector<Real>(10 * 4, 0));  // keys of 0: all scores of operations are 0
  for (const char* layer : {"destination_query", "source_query"}) {
    model.set(std::string(layer) + "/weight", std::vector<Real>(4 * 8, 0));
    model.set(std::string(layer) + "/bias", std::vector<Real>(4, 0));
  }
  model.run({});
  for (Extent row = 0; row < 30; ++row) {
    double wanted = 0;
    for (const Index* in = tiny.batch.at("program").index() + row * 9; in[0] != -1; in += 3) {
      wanted += std::log(10.0) + (in[1] < 0 ? 0 : std::log(2.0));  // the source is the other register
      if (in[0] == 9) break;
    }
    CHECK(std::abs(static_cast<double>(model.output("cost").real()[row]) - wanted) < 1e-5);
  }
}

TEST_CASE("learning from rewards reaches every site, and costs what came out") {
  const Tiny tiny(
      Settings{{"learn_from", "rewards"}, {"site", "dot | dense | sample | reinforce(baseline=none)"}, {"entropy", "1e-9"}});
  test::ModelRun model = tiny.model(Mode::kTrain);
  std::vector<Real> advantages(30, 1);
  advantages[0] = -3;
  const std::vector<std::span<const Real>> slots{advantages, advantages, advantages};
  model.context.advantages = slots;
  model.run({{"cost", 3}});
  for (const char* parameter : {"operations", "destination_query/weight", "source_query/weight", "patterns/weight"}) {
    CAPTURE(parameter);
    // Of two registers only one can be the source: there is nothing to learn.
    CHECK(has_gradient(model, parameter) == (std::string(parameter) != "source_query/weight"));
  }
  for (Extent row = 0; row < 30; ++row) {
    const double cost = static_cast<double>(model.output("cost").real()[row]);
    const bool is_solved = model.output("metric/solved").real()[row] == 1;
    CHECK(cost <= (is_solved ? 0.05 * 2 : 1 + 1 + 0.05 * 3) + 1e-6);
    CHECK(cost >= (is_solved ? 0 : 1));
  }
}

TEST_CASE("the program that is written is what its steps have done, and nothing follows the halt") {
  const Tiny tiny;
  test::ModelRun model = tiny.model(Mode::kEvaluate);
  model.run({});
  const Tensor programs = model.output("program");
  REQUIRE(programs.type == Type{{30, 3, 3}, Kind::kIndex});
  for (Extent row = 0; row < 30; ++row) {
    bool has_halted = false;
    for (const Index* in = programs.index() + row * 9; in < programs.index() + (row + 1) * 9; in += 3) {
      CHECK((has_halted ? in[0] <= 0 : in[0] >= 0));  // -1, or 0 where the loop had ended
      const bool has_source = in[0] >= 3 && in[0] < 9;
      if (!has_halted && in[0] < 9) CHECK((has_source ? in[2] == 1 - in[1] : in[2] == -1));
      has_halted = has_halted || in[0] == 9;
    }
  }
}

TEST_CASE("what is found among samples explains the pairs at least as often as the greedy program, which is the same") {
  const Tiny greedy;
  const Tiny sampled(Settings{{"samples", "40"}});
  test::ModelRun one = greedy.model(Mode::kEvaluate);
  test::ModelRun many = sampled.model(Mode::kEvaluate);
  one.run({});
  many.run({});
  const auto task = make_task(sampled.run.task);
  const Judgement judgement =
      task->judge(sampled.batch, {{"program", many.output("program")}, {"found", many.output("found")}});
  const Judgement alone = task->judge(greedy.batch, {{"program", one.output("program")}});
  REQUIRE(judgement.metrics.size() == 8);
  CHECK(judgement.metrics[6].name == "found_fits_pairs");
  double gained = 0;
  for (std::size_t row = 0; row < 30; ++row) {
    CHECK(judgement.metrics[2].rows[row] == alone.metrics[2].rows[row]);
    CHECK(judgement.metrics[6].rows[row] >= judgement.metrics[2].rows[row]);
    const Index* first = one.output("program").index() + row * 9;
    const Index* second = many.output("program").index() + row * 9;
    for (; first[0] != 9 && first < one.output("program").index() + (row + 1) * 9; first += 3, second += 3) {
      CHECK(std::equal(first, first + 3, second));
    }
    gained += judgement.metrics[6].rows[row] - judgement.metrics[2].rows[row];
  }
  CHECK(gained > 0);  // 40 samples of an untrained model find some short programs
}

TEST_CASE("a selector that keeps several items, and an estimator without a score function, are refused") {
  CHECK_THROWS_WITH_AS(Tiny(Settings{{"site", "dot | dense | softmax | none"}}).model(Mode::kEvaluate),
                       doctest::Contains("use argmax or sample"), Error);
  CHECK_THROWS_WITH_AS(
      Tiny(Settings{{"learn_from", "rewards"}, {"site", "bilinear | dense | argmax | none"}}).model(Mode::kTrain),
      doctest::Contains("no derivative"), Error);
  CHECK_THROWS_WITH_AS(Tiny(Settings{{"together", "3"}}).model(Mode::kTrain), doctest::Contains("together is 3"), Error);
}

TEST_CASE("short programs of two registers are learned" * doctest::test_suite("learning")) {
  RunSpec run = run_of({{"registers", "2"}, {"longest", "2"}, {"together", "2"}, {"features", "48"}, {"hidden", "48"}});
  run.train.steps = 400;
  Training training(run);
  for (int step = 0; step < 400; ++step) training.step();
  Batch batch(200);
  const auto task = make_task(run.task);
  fill_batch(*task, Split::kTest, {}, batch);
  const auto graph = build_graph(run.model, batch.types(), Mode::kEvaluate, run.train);
  Execution execution(Plan::compile(graph, {}, Plan::Passes::kForward), training.parameters().memory(nullptr));
  for (const char* name : {"before", "after", "program"}) execution.bind(name, batch.at(name).data);
  execution.forward({.mode = Mode::kEvaluate});
  const Judgement judgement = task->judge(batch, {{"program", execution.output("program")}});
  CHECK(std::count(judgement.metrics[0].rows.begin(), judgement.metrics[0].rows.end(), 1.0) > 140);
}

}  // namespace fovea
