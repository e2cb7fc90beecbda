#include <doctest/doctest.h>

#include <limits>

#include "framework/cli/comparison.h"

using namespace fovea;

namespace {

cli::DoneRun done(const std::string& name, Extent seed, double accuracy, double train_cost) {
  cli::DoneRun run{name, seed, "runs/probe", {}};
  run.outcome.final_metrics = {{"test", "accuracy", "", accuracy}, {"N=9", "accuracy", "short", accuracy / 2}};
  run.outcome.train_cost = train_cost;
  return run;
}

// Wrong answers of qa1: 10 and 20; of qa2: 40 and 30. The first seed of qa1 and the second one of qa2 cost least.
std::vector<cli::DoneRun> two_runs() {
  return {done("qa1", 1, 0.9, 0.1), done("qa1", 2, 0.8, 0.2), done("qa2", 1, 0.6, 0.5), done("qa2", 2, 0.7, 0.4)};
}

Comparison wrong_answers() {
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  return {.title = "Wrong answers",
          .metric = "accuracy",
          .form = Comparison::Form::kPercentWrong,
          .sources = {"A 2015", "B 2016"},
          .rows = {{.name = "task 1", .runs = "qa1", .published = {0.5, unknown}},
                   {.name = "task 3", .runs = "qa3", .published = {7, 8}},
                   {.name = "mean", .runs = "qa*", .published = {13.9}}}};
}

}  // namespace

TEST_CASE("a comparison sets the mean over seeds and the seed of the lowest training cost beside published figures") {
  // The means over both runs are 25 and 25; the seeds of the lowest cost have 10 and 30 wrong, 20 on average.
  CHECK(cli::comparison_text(wrong_answers(), two_runs()) ==
        "Wrong answers: accuracy, per cent wrong\n"
        "        mean of 2 seeds  lowest training cost  A 2015  B 2016\n"
        "task 1        15 +- 7.1                    10     0.5       -\n"
        "mean            25 +- 0                    20    13.9       -\n");
}

TEST_CASE("a comparison of one seed gives its figure once") {
  CHECK(cli::comparison_text(wrong_answers(), {done("qa1", 1, 0.9, 0.1)}) ==
        "Wrong answers: accuracy, per cent wrong\n"
        "        here  A 2015  B 2016\n"
        "task 1    10     0.5       -\n"
        "mean      10    13.9       -\n");
}

TEST_CASE("a comparison may look at a slice of an extra evaluation") {
  Comparison longer = wrong_answers();
  longer.form = Comparison::Form::kPercent;
  longer.rows = {{.name = "short", .runs = "qa1", .split = "N=9", .slice = "short", .published = {1, 2}}};
  CHECK(cli::comparison_text(longer, {done("qa1", 1, 0.9, 0.1)}) ==
        "Wrong answers: accuracy, per cent\n"
        "       here  A 2015  B 2016\n"
        "short    45       1       2\n");
}

TEST_CASE("a comparison is empty where none of the runs is one of its rows") {
  CHECK(cli::comparison_text(wrong_answers(), {done("other", 1, 0.9, 0.1)}) == "");
}
