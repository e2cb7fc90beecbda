#include "framework/results/record.h"

#include <doctest/doctest.h>
#include <cmath>

#include "tests/results/sample_record.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

using Kind = JournalRow::Kind;

}  // namespace

TEST_CASE("train rows become columns with their units") {
  RunRecord record;
  record.metrics = {{"loss", "nat", "mean cost"}};
  add_row(record, {Kind::kTrain, 10, 0.5, "", {{"loss", 3, ""}}});
  add_row(record, {Kind::kTrain, 20, 0.9, "", {{"loss", 2, ""}}});
  REQUIRE(record.train.columns.size() == 1);
  CHECK(record.train.step == std::vector<std::int64_t>{10, 20});
  CHECK(record.train.columns[0].values == std::vector<double>{3, 2});
  CHECK(record.train.columns[0].units == "nat");
  CHECK(record.clock.train_seconds == std::vector<double>{0.5, 0.9});
}

TEST_CASE("a metric that comes late or is left out is NaN in the other rows") {
  RunRecord record;
  add_row(record, {Kind::kTrain, 1, 0, "", {{"loss", 3, ""}}});
  add_row(record, {Kind::kTrain, 2, 0, "", {{"norm", 4, ""}}});
  CHECK(std::isnan(record.train.columns[0].values[1]));
  CHECK(std::isnan(record.train.columns[1].values[0]));
  CHECK(record.train.columns[1].values[1] == 4);
}

TEST_CASE("evaluations are kept by split, with slices that may come late") {
  RunRecord record;
  add_row(record, {Kind::kEvaluation, 1, 0, "test", {{"accuracy", 0.5, ""}, {"accuracy", 0.25, "N=5"}}});
  add_row(record, {Kind::kEvaluation, 2, 0, "test", {{"accuracy", 0.75, "N=9"}, {"accuracy", 1, "N=5"}}});
  add_row(record, {Kind::kEvaluation, 2, 0, "train", {{"accuracy", 1, ""}}});
  const EvaluationTable* table = find_evaluation(record, "test");
  REQUIRE(table != nullptr);
  CHECK(table->slices == std::vector<std::string>{"N=5", "N=9"});
  REQUIRE(table->by_slice.size() == 1);
  const std::vector<double>& values = table->by_slice[0].values;
  REQUIRE(values.size() == 4);
  CHECK(values[0] == 0.25);
  CHECK(std::isnan(values[1]));
  CHECK(values[2] == 1);
  CHECK(values[3] == 0.75);
  CHECK(std::isnan(table->columns[0].values[1]));
  CHECK(find_evaluation(record, "train")->step == std::vector<std::int64_t>{2});
  CHECK(find_evaluation(record, "none") == nullptr);
}

TEST_CASE("state rows set the state, messages change nothing") {
  RunRecord record;
  add_row(record, {Kind::kState, 0, 0, "finished", {}});
  add_row(record, {Kind::kMessage, 5, 0, "hello", {{"loss", 1, ""}}});
  CHECK(record.state == "finished");
  CHECK(record.train.step.empty());
}
