// Settings that are for some parameters by their path: freeze, parameter_dropout, parameter_decay.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "framework/graph/functions.h"
#include "framework/train/trainer.h"
#include "framework/train/training.h"
#include "tests/support/line_run.h"

namespace {

using namespace fovea;
using test::contains;

/// Three parameters: in, in_bias, out.
RunSpec plain_run() {
  RunSpec run = test::smooth_line();
  run.train.schedule = "constant";
  run.train.optimizer = "sgd";
  run.train.clip_norm = 0;
  return run;
}

std::vector<Real> values_of(Training& training, const std::string& path) {
  const Tensor view = training.parameters().view(path);
  return {view.real(), view.real() + view.size()};
}

/// Block of a training after some steps.
std::vector<Real> trained(const RunSpec& run, int steps) {
  Training training(run);
  for (int step = 0; step < steps; ++step) training.step();
  return {training.parameters().values().begin(), training.parameters().values().end()};
}

std::string failure_of(const RunSpec& run) {
  try {
    const Training training(run);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// A store with a parameter for each rule, all of them 1.
ParameterStore store_of_rules() {
  Builder b;
  b.set_wishes({.frozen = PathPatterns("frozen")});
  const Value x = b.parameter("moved", {20}, Init::constant(1));
  const Value other = b.parameter("kept", {20}, Init::constant(1));
  const Value frozen = b.parameter("frozen", {20}, Init::constant(1));
  const Value counted = b.sign_parameter("counted", {20}, std::make_shared<const double>(1), Init::constant(1));
  b.output("cost", add(add(x, other), add(frozen, counted)));
  ParameterStore store(*b.freeze());
  store.initialise(1);
  return store;
}

}  // namespace

TEST_CASE("a frozen parameter has no gradient memory and lies behind those that the optimizer moves") {
  ParameterStore store = store_of_rules();
  std::vector<Real> block(store.size());
  CHECK(store.memory(block.data())("frozen").gradient == nullptr);
  CHECK(store.memory(block.data())("moved").gradient != nullptr);
  CHECK(store.at("frozen").offset > store.at("counted").offset);
  CHECK(store.at("counted").offset >= store.optimized());
  CHECK(store.at("kept").offset < store.optimized());
}

TEST_CASE("a frozen parameter keeps its bits in any run, whatever moves the others") {
  for (const std::string optimizer : {"sgd(weight_decay=0.1)", "adamw"}) {
    RunSpec run = plain_run();
    run.train.optimizer = optimizer;
    run.train.clip_norm = 1;
    run.train.freeze = "in in_b*";
    run.train.parameter_decay = "*=0.1";
    run.train.average = "ema(decay=0.5)";
    Training training(run);
    const std::vector<Real> in = values_of(training, "in");
    const std::vector<Real> out = values_of(training, "out");
    for (int step = 0; step < 10; ++step) training.step();
    CHECK(values_of(training, "in") == in);
    CHECK(values_of(training, "out") != out);
    const Averaging::Shown mean = training.show_average();
    CHECK(values_of(training, "in") == in);
  }
}

TEST_CASE("parameters that are not frozen take the step that they take without") {
  RunSpec run = plain_run();
  Training all(run);
  run.train.freeze = "in*";
  Training some(run);
  CHECK(some.step().loss == all.step().loss);
  CHECK(values_of(some, "out") == values_of(all, "out"));
  CHECK(values_of(some, "in") != values_of(all, "in"));
}

TEST_CASE("check takes frozen parameters for what they are") {
  RunSpec run = plain_run();
  run.train.freeze = "in";
  const CheckReport report = check_run(run);
  CHECK(report.unmoved.empty());
  if (report.gradient_checked) CHECK(report.gradient_error < 1e-6);
}

TEST_CASE("patterns that fit no parameter are errors with the nearest path") {
  RunSpec run = plain_run();
  run.train.freeze = "in im_*";
  CHECK(failure_of(run) ==
        "[freeze] patterns that fit the path of a parameter were expected; 'im_*' fits none of the 3 it may "
        "fit, the nearest is 'in_bias'; correct it: * stands for any characters, ? for one.");
  run.train.freeze = "";
  run.train.parameter_dropout = "ot=0.1";
  CHECK(contains(failure_of(run), "[parameter_dropout] patterns that fit the path of a parameter were expected; 'ot' fits"));
  CHECK(contains(failure_of(run), "the nearest is 'out'"));
  run.train.parameter_dropout = "";
  run.train.parameter_decay = "*/weight=0.1";
  CHECK(contains(failure_of(run), "[parameter_decay] patterns that fit the path of a parameter were expected; '*/weight'"));
  run.train.parameter_decay = "in=-1";
  CHECK(contains(failure_of(run), "[parameter_decay] PATTERN=NUMBER with a number from 0 to 1000 was expected"));
}

TEST_CASE("a run whose parameters are all frozen is an error") {
  RunSpec run = plain_run();
  run.train.freeze = "*";
  CHECK(contains(failure_of(run), "[freeze] a parameter that the optimizer moves was expected; none is left"));
}

TEST_CASE("decay by path takes a share of the values of those that the optimizer moves, and of no others") {
  ParameterStore store = store_of_rules();
  store.set_decay(PathNumbers("*=0.5 kept=0", "parameter_decay", 0, 1));
  store.decay(0.1);
  CHECK(store.view("moved").real()[19] == static_cast<Real>(1 - 0.1 * 0.5));
  for (const char* path : {"kept", "frozen", "counted"}) CHECK(store.view(path).real()[19] == 1);
  for (const char* path : {"frozen=1", "counted=1"}) {
    CHECK_THROWS_WITH_AS(store.set_decay(PathNumbers(path, "parameter_decay", 0, 1)),
                         doctest::Contains("fits none of the 2"), Error);
  }
}

TEST_CASE("decay of all parameters beside adam is adamw, to the bit, at any learning rate") {
  RunSpec beside = plain_run();
  beside.train.schedule = "warmup(5) * cosine(to=0.1)";
  beside.train.optimizer = "adam";
  beside.train.parameter_decay = "*=0.3";
  RunSpec within = beside;
  within.train.optimizer = "adamw(weight_decay=0.3)";
  within.train.parameter_decay = "";
  CHECK(trained(beside, 12) == trained(within, 12));
  beside.train.parameter_decay = "in=0.3";
  CHECK(trained(beside, 12) != trained(within, 12));
}

TEST_CASE("parameters are dropped alike in all shards of a step") {
  const auto losses_of = [](Extent shard_rows) {
    RunSpec run = plain_run();
    run.train.gradient_noise = 0;
    run.train.shard_rows = shard_rows;
    run.train.parameter_dropout = "in=0.5 out=0.3";
    Training training(run);
    std::vector<double> losses(20);
    for (double& loss : losses) loss = training.step().loss;
    return losses;
  };
  const std::vector<double> whole = losses_of(20);
  const std::vector<double> parts = losses_of(6);
  for (std::size_t i = 0; i < 20; ++i) CHECK(whole[i] == doctest::Approx(parts[i]).epsilon(sizeof(Real) == 8 ? 1e-9 : 1e-3));
}

TEST_CASE("a dropped parameter has no gradient where it was dropped") {
  RunSpec run = plain_run();
  run.train.gradient_noise = 0;
  run.train.parameter_dropout = "out=0.5";
  Training training(run);
  const ParameterStore::Entry& out = training.parameters().at("out");
  const std::span<const Real> gradient = training.gradient(0).subspan(out.offset, 8);
  const auto dropped = std::count(gradient.begin(), gradient.end(), Real(0));
  CHECK(dropped > 0);
  CHECK(dropped < 8);
}

TEST_CASE("the gradient with dropped parameters is that of the objective") {
  RunSpec run = plain_run();
  run.train.parameter_dropout = "*=0.3";
  run.train.objective = "cost + 0.1 * metric/distance";
  const CheckReport report = check_run(run);
  if (report.gradient_checked) CHECK(report.gradient_error < 1e-6);
}
