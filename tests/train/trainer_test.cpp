#include "framework/train/trainer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "framework/cpu/parallel.h"
#include "framework/files/atomic_file.h"
#include "framework/results/journal.h"
#include "framework/results/run_file.h"
#include "framework/results/summary.h"
#include "framework/results/verify.h"
#include "tests/support/line_run.h"

namespace {

namespace fs = std::filesystem;
using fovea::RunOutcome;
using fovea::RunRequest;
using fovea::RunState;
using fovea::test::contains;
using fovea::test::failure_of;
using fovea::test::line_run;
using fovea::test::Scratch;
using fovea::test::StopAfter;

std::string difference(const fs::path& a, const fs::path& b) {
  std::string text;
  fovea::same_outside_clock(a / "results.h5", b / "results.h5", &text);
  return text;
}

/// A run whose main metric rises and falls.
RunRequest falling_run(const fs::path& directory, fovea::Extent patience) {
  RunRequest request = line_run(directory);
  request.run.train.patience = patience;
  request.run.train.schedule = "constant";
  request.run.train.optimizer = "sgd";
  request.run.train.learning_rate = 0.2;
  request.run.train.evaluate_every = 4;
  return request;
}

/// The step of the best value of the main metric on the validation split.
fovea::Extent best_step(const fs::path& directory) {
  const auto table = fovea::read_summary(directory / "results.h5").evaluation.at(0);
  const auto& values = table.columns.at(0).values;
  return table.step[std::max_element(values.begin(), values.end()) - values.begin()];
}

}  // namespace

TEST_CASE("training lowers the loss and reports what RESULTS asks for") {
  const Scratch scratch;
  RunRequest request = line_run(scratch / "run");
  request.run.train.steps = 400;
  request.run.train.schedule = "constant";
  const RunOutcome outcome = fovea::train_run(request, {});
  CHECK(outcome.state == RunState::kFinished);
  CHECK(outcome.steps == 400);
  CHECK(fovea::verify(scratch / "run/results.h5").passed());
  const fovea::RunSummary summary = fovea::read_summary(scratch / "run/results.h5");
  REQUIRE(summary.evaluation.size() == 3);
  CHECK(summary.evaluation[0].split == "validation");
  CHECK(summary.evaluation[0].step.size() == 50);
  const auto& closeness = summary.evaluation[0].columns.at(0).values;
  CHECK(closeness.back() > closeness.front() + 0.2);
  CHECK(summary.evaluation[1].slices == std::vector<std::string>{"up", "down"});
  std::vector<std::string> splits;
  for (const auto& metric : outcome.final_metrics) splits.push_back(metric.split + ":" + metric.slice);
  CHECK(splits == std::vector<std::string>{"test:", "test:up", "test:down", "again:", "again:up", "again:down"});
  REQUIRE(summary.sites.size() == 1);
  CHECK(summary.sites[0].path == "chooser");
  CHECK(summary.sites[0].scored_pairs == 400 * 20 * 3);
}

TEST_CASE("results have the same bits for any number of threads") {
  const Scratch scratch;
  for (const int threads : {1, 2, 3, 8}) {
    fovea::cpu::set_threads(threads);
    fovea::train_run(line_run(scratch / std::to_string(threads)), {});
    CHECK(difference(scratch / "1", scratch / std::to_string(threads)) == "");
  }
  fovea::cpu::set_threads(0);
}

TEST_CASE("another seed gives other results") {
  const Scratch scratch;
  RunRequest other = line_run(scratch / "b");
  other.run.train.seed = 2;
  fovea::train_run(line_run(scratch / "a"), {});
  fovea::train_run(other, {});
  CHECK(difference(scratch / "a", scratch / "b") != "");
}

TEST_CASE("a run that is stopped at any step and resumed ends in the same file") {
  const Scratch scratch;
  fovea::train_run(line_run(scratch / "whole"), {});
  for (const int fills : {1, 2, 9, 17, 30, 41}) {
    CAPTURE(fills);
    const fs::path directory = scratch / ("stopped" + std::to_string(fills));
    {
      const StopAfter stop(fills);
      fovea::TrainerHooks hooks;
      hooks.stop_signal = &stop.signal;
      const RunOutcome outcome = fovea::train_run(line_run(directory), hooks);
      if (fills <= 40) CHECK(outcome.state == RunState::kStopped);
      if (fills <= 40) CHECK(fovea::verify(directory / "results.h5").passed());
    }
    CHECK(fovea::train_run(line_run(directory), {}).steps == 40);
    CHECK(difference(scratch / "whole", directory) == "");
  }
}

TEST_CASE("a run that is killed at any evaluation and resumed ends in the same file") {
  const Scratch scratch;
  int copies = 0;
  fovea::TrainerHooks hooks;
  // What a kill would leave at this moment.
  hooks.message = [&](const std::string&) {
    fs::copy(scratch / "whole", scratch / ("killed" + std::to_string(copies++)), fs::copy_options::recursive);
  };
  RunRequest request = line_run(scratch / "whole");
  request.run.train.checkpoint_every = 3;
  fovea::train_run(request, hooks);
  REQUIRE(copies >= 7);
  for (int i = 0; i < copies; ++i) {
    CAPTURE(i);
    request.directory = scratch / ("killed" + std::to_string(i));
    CHECK(fovea::train_run(request, {}).state == RunState::kFinished);
    CHECK(difference(scratch / "whole", request.directory) == "");
  }
}

TEST_CASE("a run that knows which items were right, with and without a test, is killed and ends in the same file") {
  for (const fovea::Extent test_rows : {0, 70}) {
    CAPTURE(test_rows);
    const Scratch scratch;
    int copies = 0;
    fovea::TrainerHooks hooks;
    hooks.message = [&](const std::string&) {
      fs::copy(scratch / "whole", scratch / ("killed" + std::to_string(copies++)), fs::copy_options::recursive);
    };
    RunRequest request = line_run(scratch / "whole");
    request.run.task = "test_line(exact=true)";
    request.run.train.checkpoint_every = 3;
    request.run.train.test_rows = test_rows;
    request.run.evaluations.clear();
    fovea::train_run(request, hooks);
    const auto tree = fovea::read_summary(scratch / "whole/results.h5").tree;
    const std::string split = test_rows == 0 ? "validation" : "test";
    CHECK(std::any_of(tree.begin(), tree.end(),
                      [&](const fovea::TreeLine& line) { return line.path == "/evaluation/" + split + "/correct"; }));
    for (int i = 0; i < copies; ++i) {
      CAPTURE(i);
      request.directory = scratch / ("killed" + std::to_string(i));
      CHECK(fovea::train_run(request, {}).state == RunState::kFinished);
      CHECK(difference(scratch / "whole", request.directory) == "");
    }
  }
}

TEST_CASE("a finished run is left alone, and repaired where its file was lost") {
  const Scratch scratch;
  const RunOutcome first = fovea::train_run(line_run(scratch / "run"), {});
  const std::string hash = fovea::hash_of_file(scratch / "run/results.h5");
  const RunOutcome second = fovea::train_run(line_run(scratch / "run"), {});
  CHECK(second.state == RunState::kAlreadyFinished);
  CHECK(fovea::hash_of_file(scratch / "run/results.h5") == hash);
  REQUIRE(second.final_metrics.size() == first.final_metrics.size());
  CHECK(second.final_metrics[0].value == first.final_metrics[0].value);
  CHECK(second.train_cost == first.train_cost);
  fs::copy(scratch / "run", scratch / "copy", fs::copy_options::recursive);
  fs::remove(scratch / "run/results.h5");
  CHECK(fovea::train_run(line_run(scratch / "run"), {}).state == RunState::kFinished);
  CHECK(difference(scratch / "copy", scratch / "run") == "");
}

TEST_CASE("another configuration in the same directory is an error that says what differs; restart starts over") {
  const Scratch scratch;
  fovea::train_run(line_run(scratch / "run"), {});
  RunRequest other = line_run(scratch / "run");
  other.run.train.learning_rate = 0.5;
  CHECK(contains(failure_of(other), "learning_rate is '0.02' there and '0.5' here; start over with --restart"));
  other.existing = RunRequest::Existing::kRestart;
  CHECK(fovea::train_run(other, {}).state == RunState::kFinished);
}

TEST_CASE("a loss that is not finite names node, step, run and command, and leaves a valid file") {
  const Scratch scratch;
  RunRequest request = line_run(scratch / "run");
  request.run.train.learning_rate = 1e30;
  request.run.train.optimizer = "sgd";
  request.run.train.schedule = "constant";
  request.run.train.clip_norm = 0;
  if (sizeof(fovea::Real) == 8) request.run.train.learning_rate = 1e300;
  const std::string failure = failure_of(request);
  CAPTURE(failure);
  CHECK(contains(failure, "run 'line', step 2: every value must be finite; "));
  CHECK(contains(failure, "to replay it: fovea run test_lines"));
  CHECK(contains(failure, "item"));
  CHECK(fovea::verify(scratch / "run/results.h5").passed());
  CHECK(failure_of(request) == failure);
}

TEST_CASE("patience ends a run whose main metric no longer rises") {
  const Scratch scratch;
  RunRequest request = line_run(scratch / "run");
  request.run.train.learning_rate = 0;
  request.run.train.patience = 2;
  const RunOutcome outcome = fovea::train_run(request, {});
  CHECK(outcome.steps == 24);  // the first evaluation is a gain, the next two are none
  CHECK(outcome.state == RunState::kFinished);
}

TEST_CASE("a run with patience ends with the parameters of its best evaluation, stopped early or not") {
  const Scratch scratch;
  for (const fovea::Extent patience : {2, 100}) {
    CAPTURE(patience);
    const RunRequest request = falling_run(scratch / ("patient" + std::to_string(patience)), patience);
    const RunOutcome patient = fovea::train_run(request, {});
    CHECK((patient.steps < request.run.train.steps) == (patience == 2));
    const fovea::Extent best = best_step(request.directory);
    REQUIRE(best > 0);
    REQUIRE(best < patient.steps);
    RunRequest shorter = falling_run(scratch / ("shorter" + std::to_string(patience)), 0);
    shorter.run.train.steps = best;
    const RunOutcome expected = fovea::train_run(shorter, {});
    REQUIRE(patient.final_metrics.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) CHECK(patient.final_metrics[i].value == expected.final_metrics[i].value);
    CHECK(fovea::read_summary(request.directory / "results.h5").evaluation[1].step == std::vector<std::int64_t>{best});
  }
}

TEST_CASE("a run with patience that is killed or stopped at any message and resumed ends in the same file") {
  const Scratch scratch;
  const auto copy = [&](int number) { return scratch / ("copy" + std::to_string(number)); };
  int copies = 0;
  fovea::TrainerHooks hooks;
  hooks.message = [&](const std::string&) { fs::copy(scratch / "whole", copy(copies++), fs::copy_options::recursive); };
  const RunOutcome whole = fovea::train_run(falling_run(scratch / "whole", 2), hooks);
  REQUIRE(best_step(scratch / "whole") < whole.steps);
  const int messages = copies;
  for (int at = 0; at < messages; ++at) {
    std::atomic<int> signal{0};
    int said = 0;
    hooks.message = [&](const std::string&) { signal = said++ == at ? 2 : signal.load(); };
    hooks.stop_signal = &signal;
    fovea::train_run(falling_run(copy(copies++), 2), hooks);
  }
  for (int i = 0; i < copies; ++i) {
    CAPTURE(i);
    fovea::train_run(falling_run(copy(i), 2), {});
    CHECK(difference(scratch / "whole", copy(i)) == "");
  }
}

TEST_CASE("a run with patience that is stopped at any step and resumed ends in the same file") {
  const Scratch scratch;
  const RunOutcome whole = fovea::train_run(falling_run(scratch / "whole", 2), {});
  for (int fills = 1; fills <= whole.steps; fills += 3) {
    CAPTURE(fills);
    const fs::path directory = scratch / ("stopped" + std::to_string(fills));
    {
      const StopAfter stop(fills);
      fovea::TrainerHooks hooks;
      hooks.stop_signal = &stop.signal;
      fovea::train_run(falling_run(directory, 2), hooks);
    }
    fovea::train_run(falling_run(directory, 2), {});
    CHECK(difference(scratch / "whole", directory) == "");
  }
}

TEST_CASE("a run with keep=best trains all steps and ends with the parameters of its best evaluation") {
  const Scratch scratch;
  RunRequest request = falling_run(scratch / "best", 0);
  request.run.train.keep = "best";
  const RunOutcome outcome = fovea::train_run(request, {});
  CHECK(outcome.steps == request.run.train.steps);
  const fovea::Extent best = best_step(request.directory);
  REQUIRE(best > 0);
  REQUIRE(best < outcome.steps);
  RunRequest shorter = falling_run(scratch / "shorter", 0);
  shorter.run.train.steps = best;
  const RunOutcome expected = fovea::train_run(shorter, {});
  REQUIRE(outcome.final_metrics.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) CHECK(outcome.final_metrics[i].value == expected.final_metrics[i].value);
  RunRequest last = falling_run(scratch / "last", 0);
  CHECK(fovea::train_run(last, {}).final_metrics[0].value != expected.final_metrics[0].value);
}

TEST_CASE("keep=best without evaluations is an error") {
  const Scratch scratch;
  RunRequest request = line_run(scratch / "run");
  request.run.train.schedule = "constant";
  request.run.train.keep = "best";
  request.run.train.evaluate_every = 0;
  CHECK(contains(failure_of(request),
                 "'keep=best' needs evaluations on the validation split while the run trains; there are "
                 "none; set evaluate_every and validation_rows."));
  CHECK_FALSE(fs::exists(scratch / "run"));
}

TEST_CASE("patience without evaluations is an error") {
  const Scratch scratch;
  RunRequest request = line_run(scratch / "run");
  request.run.train.schedule = "constant";
  request.run.train.patience = 2;
  request.run.train.evaluate_every = 0;
  CHECK(contains(failure_of(request), "patience needs evaluations"));
  CHECK_FALSE(fs::exists(scratch / "run"));
}

TEST_CASE("a run without steps is evaluated as it starts") {
  const Scratch scratch;
  RunRequest request = line_run(scratch / "run");
  request.run.train.steps = 0;
  CHECK(fovea::train_run(request, {}).final_metrics.size() == 6);
  request.directory = scratch / "bare";
  request.run.train.validation_rows = 0;
  request.run.train.evaluate_every = 0;
  request.run.train.schedule = "constant";
  CHECK(fovea::train_run(request, {}).final_metrics.size() == 6);
}

TEST_CASE("the sum of shards agrees with one shard of the whole batch") {
  const Scratch scratch;
  RunRequest request = line_run(scratch / "run");
  request.run.train.log_every = 1;
  std::vector<double> losses[2];
  for (const int way : {0, 1}) {
    request.run.train.shard_rows = way == 0 ? 6 : 20;
    request.directory = scratch / std::to_string(way);
    fovea::train_run(request, {});
    for (const auto& row : fovea::read_journal(request.directory / "journal")) {
      if (row.kind == fovea::JournalRow::Kind::kTrain) losses[way].push_back(row.values.at(0).value);
    }
  }
  REQUIRE(losses[0].size() == 40);
  for (std::size_t i = 0; i < 40; ++i)
    CHECK(losses[0][i] == doctest::Approx(losses[1][i]).epsilon(sizeof(fovea::Real) == 8 ? 1e-9 : 1e-3));
}

TEST_CASE("check reports a plan, two losses and, in float64, an exact gradient") {
  const fovea::CheckReport report = fovea::check_run(fovea::test::smooth_line());
  CHECK(report.parameters == 8 * 4 + 8 + 8);
  CHECK(report.losses.size() == 2);
  CHECK(contains(report.plan, "linear"));
  CHECK(report.arena_bytes > 0);
  CHECK(report.gradient_checked == (sizeof(fovea::Real) == 8));
  if (report.gradient_checked) CHECK(report.gradient_error < 1e-6);
}

TEST_CASE("check says which estimator keeps the gradient from being checked") {
  const fovea::CheckReport report = fovea::check_run(line_run("").run);
  CHECK_FALSE(report.gradient_checked);
  CHECK(contains(report.gradient_note, "'reinforce' at chooser"));
}
