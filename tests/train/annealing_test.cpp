#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "framework/anneal/annealing.h"
#include "framework/cpu/parallel.h"
#include "framework/results/run_file.h"
#include "framework/results/summary.h"
#include "framework/train/evaluation.h"
#include "framework/train/training.h"
#include "tests/support/line_run.h"

namespace fovea {
namespace {

using test::line_run;
using test::Scratch;
using test::StopAfter;

constexpr const char* kByStep = "dot | dense | softmax(temperature=linear(from=3, to=1)) | none";
constexpr const char* kByValidation =
    "dot | dense | softmax(temperature=plateau(from=3, to=1, moves=2, patience=0, threshold=0.01)) | none";

double temperature_of(const Graph& graph) { return graph.annealed().at(0).number->value(); }

}  // namespace

TEST_CASE("an annealed option has its value in every step, logged after the metrics of the model") {
  const Scratch scratch;
  Training training(line_run(scratch / "run", kByStep).run);
  REQUIRE(training.metric_names().back() == "chooser_temperature");
  for (int step = 0; step < 40; ++step) {
    const double logged = training.step().metrics.back();
    CHECK(logged == doctest::Approx(3 - 2.0 * step / 40));
    CHECK(temperature_of(training.graph()) == logged);
  }
}

TEST_CASE("the temperature of a step is the one with which the weights are computed") {
  const Scratch scratch;
  const auto loss = [&](const std::string& temperature) {
    return Training(line_run(scratch / "run", "dot | dense | softmax(temperature=" + temperature + ") | none").run)
        .step()
        .loss;
  };
  CHECK(loss("linear(from=3, to=1)") == loss("3"));
  CHECK(loss("linear(from=3, to=1)") != loss("1"));
}

TEST_CASE("an evaluation sees the numbers of the trained model") {
  const Scratch scratch;
  const RunRequest request = line_run(scratch / "run", kByStep);
  Training training(request.run);
  Evaluation evaluation({"test", request.run.task, Split::kTest, 10}, request.run, training.parameters());
  training.anneal(20);
  evaluation.follow(training.graph(), 20);
  CHECK(temperature_of(evaluation.graph()) == 2);
}

TEST_CASE("an annealing by validation needs evaluations during training") {
  const Scratch scratch;
  RunRequest request = line_run(scratch / "run", kByValidation);
  request.run.train.evaluate_every = 0;
  request.run.train.schedule = "constant";
  CHECK_THROWS_WITH_AS(train_run(request, {}), doctest::Contains("needs evaluations on the validation split"), Error);
}

TEST_CASE("an annealing by validation moves, and a run that is stopped and resumed ends in the same file") {
  const Scratch scratch;
  const RunRequest whole = line_run(scratch / "whole", kByValidation);
  train_run(whole, {});
  double last = 0;
  for (const Column& column : read_summary(scratch / "whole/results.h5").train.columns) {
    if (column.name == "chooser_temperature") last = column.values.back();
  }
  CHECK(last < 3);
  const RunRequest parted = line_run(scratch / "parted", kByValidation);
  for (const int fills : {9, 12, 5}) {
    const StopAfter stop(fills);
    TrainerHooks hooks;
    hooks.stop_signal = &stop.signal;
    train_run(parted, hooks);
  }
  cpu::set_threads(3);
  train_run(parted, {});
  cpu::set_threads(0);
  std::string difference;
  CHECK_MESSAGE(same_outside_clock(scratch / "whole/results.h5", scratch / "parted/results.h5", &difference), difference);
}

}  // namespace fovea
