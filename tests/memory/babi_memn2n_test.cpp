#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/error.h"
#include "framework/experiment.h"
#include "framework/train/shards.h"
#include "framework/train/training.h"

namespace fovea {
namespace {

std::vector<RunSpec> runs_of(const std::vector<std::pair<std::string, std::string>>& settings) {
  const auto experiment = Registry<Experiment>::instance().make("babi_memn2n");
  Options options;
  experiment->fields(options);
  for (const auto& [name, value] : settings) options.set(name, value);
  return experiment->runs();
}

}  // namespace

TEST_CASE("the experiment babi_memn2n has a run for each task, or one for all of them") {
  const auto apart = runs_of({{"tasks", "1,4"}, {"questions", "200"}, {"linear_epochs", "2"}, {"epochs", "3"}});
  REQUIRE(apart.size() == 2);
  CHECK(apart[0].name == "qa1");
  CHECK(apart[1].name == "qa4");
  CHECK(apart[1].task.find("task=4,") != std::string::npos);
  // About 180 questions are left to train on: 5 batches of 32 an epoch.
  CHECK(apart[0].train.steps == 25);
  CHECK(apart[0].train.test_rows == 1000);
  const auto together = runs_of({{"tasks", "1,4"}, {"questions", "200"}, {"joint", "true"}});
  REQUIRE(together.size() == 1);
  CHECK(together[0].task.find("task=1+4,") != std::string::npos);
  CHECK(together[0].train.test_rows == 2000);
}

TEST_CASE("a run of babi_memn2n trains without softmax first, and evaluates answers and what was read") {
  const RunSpec run =
      runs_of({{"tasks", "1"}, {"questions", "200"}, {"linear_epochs", "1"}, {"epochs", "1"}, {"hops", "2"}})[0];
  Training training(run);
  REQUIRE(training.metric_names() == std::vector<std::string>{"accuracy", "linear_start"});
  std::vector<double> shares;
  for (int step = 0; step < 10; ++step) {
    const StepReport& report = training.step();
    CHECK(std::isfinite(report.loss));
    shares.push_back(report.metrics.back());
  }
  CHECK(shares == std::vector<double>{1, 1, 1, 1, 1, 0, 0, 0, 0, 0});

  const auto task = make_task(run.task);
  Batch batch(7);
  fill_batch(*task, Split::kTest, {}, batch);
  const auto graph = build_graph(run.model, batch.types(), Mode::kEvaluate, run.train);
  CHECK(graph->type(graph->output("answer")) == Type{{7}, Kind::kIndex});
  CHECK(graph->type(graph->output("chosen")) == Type{{7, 2}, Kind::kIndex});
}

TEST_CASE("babi_memn2n knows the published figures of its questions, whose mean is that of the tasks") {
  for (const auto& [questions, joint, mean] : {std::tuple<const char*, const char*, double>{"1000", "false", 13.9},
                                               {"1000", "true", 12.4},
                                               {"10000", "false", 4.2}}) {
    const auto experiment = Registry<Experiment>::instance().make("babi_memn2n");
    Options options;
    experiment->fields(options);
    options.set("questions", questions);
    options.set("joint", joint);
    const Comparison table = experiment->published().at(0);
    REQUIRE(table.rows.size() == 21);
    double sum = 0;
    for (std::size_t task = 0; task < 20; ++task) sum += table.rows[task].published.at(0);
    CHECK(table.rows[20].published.at(0) == mean);
    CHECK(std::abs(sum / 20 - mean) < 0.05);
  }
}

}  // namespace fovea
