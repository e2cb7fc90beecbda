#include <doctest/doctest.h>

#include <cmath>

#include "framework/experiment.h"
#include "framework/train/shards.h"
#include "framework/train/training.h"

namespace fovea {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

std::unique_ptr<Experiment> experiment_of(const Settings& settings) {
  auto experiment = Registry<Experiment>::instance().make("babi_universal");
  Options options;
  experiment->fields(options);
  for (const auto& [name, value] : settings) options.set(name, value);
  return experiment;
}

const Settings kSmall{{"questions", "200"}, {"width", "8"},      {"hidden", "8"},
                      {"heads", "2"},       {"most_steps", "3"}, {"epochs", "2"}};

Settings small(const Settings& more) {
  Settings all = kSmall;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

TEST_CASE("the experiment babi_universal has a run for each task, or one for all of them") {
  const auto apart = experiment_of(small({{"tasks", "1,4"}}))->runs();
  REQUIRE(apart.size() == 2);
  CHECK(apart[1].name == "qa4");
  CHECK(apart[1].train.test_rows == 1000);
  const auto together = experiment_of(small({{"tasks", "1,4"}, {"joint", "true"}}))->runs();
  REQUIRE(together.size() == 1);
  CHECK(together[0].task.find("task=1+4,") != std::string::npos);
  CHECK(together[0].train.test_rows == 2000);
}

TEST_CASE("babi_universal knows the published figures of 1,000 and 10,000 questions only") {
  CHECK(experiment_of({{"tasks", "3"}, {"questions", "500"}})->published().empty());
  const auto table = experiment_of({{"tasks", "3"}})->published();
  REQUIRE(table.size() == 1);
  REQUIRE(table[0].rows.size() == 1);
  CHECK(table[0].rows[0].published == std::vector<double>{0.4, 1.8});
}

TEST_CASE("a run of babi_universal trains, counts steps, and evaluates answers") {
  for (const Settings& more :
       {Settings{{"answer_from", "mean"}}, Settings{{"site", "scaled_dot | dense | top_k(2) | none"}}}) {
    Settings settings = small(more);
    settings.emplace_back("tasks", "1");
    const RunSpec run = experiment_of(settings)->runs()[0];
    Training training(run);
    REQUIRE(training.metric_names() == std::vector<std::string>{"accuracy", "steps"});
    for (int step = 0; step < 3; ++step) {
      const StepReport& report = training.step();
      CHECK(std::isfinite(report.loss));
      CHECK(report.metrics[1] >= 1);
      CHECK(report.metrics[1] <= 3);
    }
    const auto task = make_task(run.task);
    Batch batch(7);
    fill_batch(*task, Split::kTest, {}, batch);
    const auto graph = build_graph(run.model, batch.types(), Mode::kEvaluate, run.train);
    CHECK(graph->type(graph->output("answer")) == Type{{7}, Kind::kIndex});
  }
}

TEST_SUITE("learning") {
  TEST_CASE("a universal transformer learns who is where") {
    Training training(experiment_of({{"tasks", "4"}, {"width", "32"}, {"hidden", "32"}, {"most_steps", "4"}})->runs()[0]);
    double wrong = 0;
    for (int step = 0; step < 3000; ++step) {
      const StepReport& report = training.step();
      if (step >= 2900) wrong += (1 - report.metrics[0]) / 100;
    }
    CHECK(wrong < 0.05);
  }
}

}  // namespace fovea
