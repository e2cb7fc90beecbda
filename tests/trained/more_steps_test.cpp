#include <doctest/doctest.h>

#include <string>

#include "framework/results/run_file.h"
#include "framework/train/trainer.h"
#include "tests/support/line_run.h"

using namespace fovea;
using test::contains;
using test::failure_of;
using test::line_run;
using test::Scratch;

TEST_CASE("a finished run goes on to more steps, with the bits of one that had them from the start") {
  const Scratch scratch;
  RunRequest whole = line_run(scratch / "whole");  // evaluations at multiples of 8, rows at multiples of 3
  whole.run.train.schedule = "constant";
  RunRequest staged = whole;
  staged.directory = scratch / "staged";
  whole.run.train.steps = 48;
  train_run(whole, {});
  staged.run.train.steps = 24;
  CHECK(train_run(staged, {}).state == RunState::kFinished);
  staged.run.train.steps = 48;
  const RunOutcome outcome = train_run(staged, {});
  CHECK(outcome.state == RunState::kFinished);
  CHECK(outcome.steps == 48);
  std::string difference;
  CHECK_MESSAGE(same_outside_clock(scratch / "whole/results.h5", scratch / "staged/results.h5", &difference), difference);
  CHECK(train_run(staged, {}).state == RunState::kAlreadyFinished);
}

TEST_CASE("fewer steps, or another change with them, are another run") {
  const Scratch scratch;
  RunRequest request = line_run(scratch / "run");
  request.run.train.steps = 24;
  train_run(request, {});
  request.run.train.steps = 16;
  CHECK(contains(failure_of(request), "steps is '24' there and '16' here"));
  request.run.train.steps = 48;
  request.run.train.learning_rate = 0.5;
  CHECK(contains(failure_of(request), "learning_rate is"));
}

TEST_CASE("a run that ended with its best parameters does not go on from its last step") {
  const Scratch scratch;
  RunRequest request = line_run(scratch / "run");
  request.run.train.patience = 2;
  request.run.train.optimizer = "sgd";
  request.run.train.schedule = "constant";
  request.run.train.learning_rate = 0.2;
  request.run.train.evaluate_every = 4;
  const RunOutcome outcome = train_run(request, {});
  REQUIRE(outcome.steps < 40);
  request.run.train.steps = 80;
  CHECK(contains(failure_of(request), "of its best evaluation"));
  CHECK(contains(failure_of(request), "from="));
}

TEST_CASE("a run whose past follows the number of its steps does not go on to more") {
  const Scratch scratch;
  RunRequest request = line_run(scratch / "cosine");
  request.run.train.steps = 24;
  request.run.train.schedule = "cosine(to=0)";
  train_run(request, {});
  request.run.train.steps = 48;
  CHECK(contains(failure_of(request), "because of the schedule cosine"));
  CHECK(contains(failure_of(request), "from="));

  request = line_run(scratch / "annealed", "dot | dense | softmax(temperature=linear(from=2, to=0.5)) | none");
  request.run.train.schedule = "constant";
  request.run.train.steps = 24;
  train_run(request, {});
  request.run.train.steps = 48;
  CHECK(contains(failure_of(request), "because of chooser/temperature"));

  request = line_run(scratch / "swa");
  request.run.train.schedule = "constant";
  request.run.train.average = "swa(from=0.5)";
  request.run.train.steps = 24;
  train_run(request, {});
  request.run.train.steps = 48;
  CHECK(contains(failure_of(request), "average=swa"));
}
