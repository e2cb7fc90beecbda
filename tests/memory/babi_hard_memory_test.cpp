#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/experiment.h"
#include "framework/train/shards.h"
#include "framework/train/training.h"

namespace fovea {
namespace {

std::vector<RunSpec> runs_of(const std::vector<std::pair<std::string, std::string>>& settings) {
  const auto experiment = Registry<Experiment>::instance().make("babi_hard_memory");
  Options options;
  experiment->fields(options);
  options.set("questions", "200");
  for (const auto& [name, value] : settings) options.set(name, value);
  return experiment->runs();
}

}  // namespace

TEST_CASE("the experiment babi_hard_memory has hard, soft and labelled runs for each task") {
  const auto runs = runs_of({{"tasks", "1,4"}, {"labels", "true"}});
  REQUIRE(runs.size() == 6);
  CHECK(runs[0].name == "hard_qa1_generated");
  CHECK(runs[4].name == "soft_qa4_generated");
  CHECK(runs[5].name == "labelled_qa4_generated");
  CHECK(runs[3].train.steps == runs[4].train.steps);
  CHECK(runs_of({{"tasks", "1,4"}, {"soft", "false"}}).size() == 2);
}

TEST_CASE("labels of babi_hard_memory cost what the reads do not give to supporting facts") {
  const RunSpec run = runs_of({{"tasks", "1"}, {"labels", "true"}, {"linear_epochs", "1"}, {"epochs", "1"}})[2];
  Training training(run);
  const std::vector<std::string>& names = training.metric_names();
  const auto found = std::find(names.begin(), names.end(), "label_cost");
  REQUIRE(found != names.end());
  for (int step = 0; step < 3; ++step) {
    const StepReport& report = training.step();
    const double labels = report.metrics[found - names.begin()];
    CHECK(labels > 0);
    CHECK(report.loss > labels);
  }
}

TEST_CASE("a run of babi_hard_memory reports the choice of every read, of which there are 3 at each of 3 hops") {
  const RunSpec run = runs_of({{"tasks", "2"}})[0];
  const auto task = make_task(run.task);
  Batch batch(4);
  fill_batch(*task, Split::kTest, {}, batch);
  const auto graph = build_graph(run.model, batch.types(), Mode::kEvaluate, run.train);
  CHECK(graph->type(graph->output("chosen")) == Type{{4, 9}, Kind::kIndex});
}

}  // namespace fovea
