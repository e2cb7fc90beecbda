// Models and tasks that fail: before the first step where that can be known, and never with a result that looks right.

#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "framework/graph/functions.h"
#include "framework/results/run_file.h"
#include "framework/results/summary.h"
#include "framework/results/verify.h"
#include "framework/train/trainer.h"
#include "tests/support/line_run.h"

namespace {

namespace fs = std::filesystem;
using fovea::Batch;
using fovea::Builder;
using fovea::Extent;
using fovea::InputTypes;
using fovea::Judgement;
using fovea::Kind;
using fovea::Mode;
using fovea::Outputs;
using fovea::Real;
using fovea::RunRequest;
using fovea::Split;
using fovea::Value;
using fovea::test::contains;
using fovea::test::failure_of;
using fovea::test::Scratch;

/// Two numbers, and which of them is larger; faulty where `how` says so.
class Faulty final : public fovea::Task {
 public:
  void fields(fovea::Options& options) override {
    options.add("how", how_, "fault");
    options.add("metric", metric_, "name");
    options.add("from", from_, "number of the first bad batch");
  }
  void fill(fovea::Rng& rng, Split split, Batch& batch) const override {
    const fovea::Tensor x = batch.make("x", {{batch.rows(), 2}, Kind::kReal});
    rng.fill_normal({x.real(), static_cast<std::size_t>(x.size())});
    if (split == Split::kTrain && is("throw_runtime") && ++fills_ > 8) throw std::runtime_error("connection lost");
    if (split == Split::kTrain && is("throw_int") && ++fills_ > 8) throw 7;
    if (split == Split::kTrain && is("throw_first")) throw std::runtime_error("no data");
    if (split == Split::kTest && is("nan_items") && batch.rows() > 1 && batch.first_row() > 0) {
      x.real()[2] = std::numeric_limits<Real>::quiet_NaN();
    }
  }
  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    Judgement judgement{{{metric_, {}}}, {}};
    const fovea::Tensor answer = outputs.at(is("wrong_output") ? "anwser" : "answer");
    for (Extent row = 0; row < batch.rows(); ++row) judgement.metrics[0].rows.push_back(answer.index()[row]);
    if (is("nan_metric") && batch.rows() > 1) judgement.metrics[0].rows[1] = std::numeric_limits<double>::quiet_NaN();
    return judgement;
  }

 private:
  bool is(const char* how) const { return how_ == how; }
  std::string how_ = "none";
  std::string metric_ = "accuracy";
  Extent from_ = 0;
  mutable std::atomic<int> fills_ = 0;
};
FOVEA_TASK("test_faulty", Faulty, "Faults.");

struct Names {
  std::string parameter = "weight";
  std::string scope = "head";
  std::string metric{};
  std::string output{};
};

fovea::Model model(const Names& names = {}) {
  return [names](Builder& b, const InputTypes& inputs) {
    const Value x = b.input("x", inputs.at("x"));
    Value hidden = fovea::linear(x, b.parameter(names.parameter, {2, 2}));
    {
      const auto scope = b.scope(names.scope);
      hidden = fovea::linear(hidden, b.parameter("weight", {2, 2}));
    }
    if (b.mode() == Mode::kEvaluate) {
      b.output("answer", fovea::argmax(hidden));
      if (!names.output.empty()) b.output(names.output, hidden);
      return;
    }
    b.output("cost", fovea::sum_all_but_first(fovea::square(hidden)));
    if (!names.metric.empty()) b.metric(names.metric, fovea::sum_all_but_first(hidden));
  };
}

RunRequest request_of(const fs::path& directory, const std::string& task, const Names& names = {}) {
  RunRequest request;
  request.experiment = "test_faults";
  request.run.task = task;
  request.run.model = model(names);
  request.run.train.steps = 20;
  request.run.train.batch = 8;
  request.run.train.validation_rows = 16;
  request.run.train.test_rows = 64;
  request.run.train.evaluation_batch = 16;
  request.directory = directory;
  return request;
}

std::string state_of(const fs::path& directory) {
  for (const auto& [name, text] : fovea::read_summary(directory / "results.h5").attributes) {
    if (name == "state") return text;
  }
  return "";
}

}  // namespace

TEST_CASE("a task and a model without faults train") {
  const Scratch scratch;
  CHECK(failure_of(request_of(scratch / "run", "test_faulty")).empty());
}

TEST_CASE("exceptions of others fail the run with its name and step, and what it has done is published") {
  const Scratch scratch;
  for (const std::string how : {"throw_runtime", "throw_int"}) {
    CAPTURE(how);
    const std::string failure = failure_of(request_of(scratch / how, "test_faulty(" + how + ")"));
    CHECK(contains(failure, "run 'main', step "));
    CHECK(contains(failure, "no exception but fovea::Error was expected"));
    CHECK(state_of(scratch / how) == "failed");
    CHECK(fovea::verify(scratch / how / "results.h5").passed());
  }
  CHECK(contains(failure_of(request_of(scratch / "first", "test_faulty(throw_first)")), "'no data' came"));
}

TEST_CASE("nan in the items of an evaluation, or in a metric, is no figure") {
  const Scratch scratch;
  const std::string items = failure_of(request_of(scratch / "items", "test_faulty(nan_items)"));
  CHECK(contains(items, "evaluation 'test': every value must be a number"));
  CHECK(contains(items, "item 1) is nan, of the shard that begins at item 16 of the evaluation"));
  CHECK(state_of(scratch / "items") == "failed");
  const std::string metric = failure_of(request_of(scratch / "metric", "test_faulty(nan_metric)"));
  CHECK(contains(metric, "'accuracy' of item 1 is nan"));
  CHECK(contains(metric, "validation"));
}

TEST_CASE("parameters that the last update has made infinite are not published as finished") {
  const Scratch scratch;
  RunRequest request = request_of(scratch / "run", "test_faulty");
  request.run.train.steps = 1;
  request.run.train.optimizer = "sgd";
  request.run.train.learning_rate = std::numeric_limits<Real>::max();
  CHECK(contains(failure_of(request), "every parameter must be finite; element "));
  CHECK(state_of(scratch / "run") == "failed");
}

TEST_CASE("what the task cannot judge is known before the first step, and blocks nothing") {
  const Scratch scratch;
  const RunRequest faulty = request_of(scratch / "run", "test_faulty(wrong_output)");
  CHECK(contains(failure_of(faulty), "Did you mean 'answer'?"));
  CHECK_FALSE(fs::exists(scratch / "run" / "results.h5"));
  CHECK(failure_of(request_of(scratch / "run", "test_faulty")).empty());
  // Nor does a run that failed at its first step.
  CHECK(!failure_of(request_of(scratch / "first", "test_faulty(throw_runtime)")).empty());
}

TEST_CASE("steps that no checkpoint has are not given up for another configuration") {
  const Scratch scratch;
  RunRequest request = request_of(scratch / "run", "test_faulty");
  request.run.train.steps = 40;
  request.run.train.log_every = 1;
  fovea::TrainerHooks hooks;
  hooks.progress = [&](const fovea::Progress& progress) {
    if (progress.step > 0 && !fs::exists(scratch / "killed")) {
      fs::copy(scratch / "run", scratch / "killed", fs::copy_options::recursive);
    }
  };
  fovea::train_run(request, hooks);
  REQUIRE(fs::exists(scratch / "killed"));
  request.directory = scratch / "killed";
  RunRequest other = request;
  other.run.train.batch = 4;
  CHECK(contains(failure_of(other), "batch is '8' there and '4' here"));
  CHECK(failure_of(request).empty());
}

TEST_CASE("a restart that cannot train leaves the results before it") {
  const Scratch scratch;
  CHECK(failure_of(request_of(scratch / "run", "test_faulty")).empty());
  RunRequest faulty = request_of(scratch / "run", "test_faulty(wrong_output)");
  faulty.existing = RunRequest::Existing::kRestart;
  CHECK(!failure_of(faulty).empty());
  CHECK(state_of(scratch / "run") == "finished");
}

TEST_CASE("names that no file can hold are refused before the first step") {
  const Scratch scratch;
  int number = 0;
  const auto refused = [&](const std::string& task, const Names& names) {
    const fs::path directory = scratch / std::to_string(++number);
    const std::string failure = failure_of(request_of(directory, task, names));
    CAPTURE(failure);
    CHECK_FALSE(fs::exists(directory / "results.h5"));
    return !failure.empty() && contains(failure, "rename");
  };
  for (const std::string name : {"loss", "step", "learning_rate", "gradient_norm", "a/b", "."}) {
    CAPTURE(name);
    CHECK(refused("test_faulty", {.metric = name}));
    CHECK(refused("test_faulty(metric=\"" + name + "\")", {}));
  }
  CHECK(refused("test_faulty", {.parameter = "head"}));  // a scope, too
  for (const std::string name : {"/abs", "a//b", "a/", ".", "..", "\xe9"}) {
    CAPTURE(name);
    CHECK(refused("test_faulty", {.parameter = name}));
  }
  for (const std::string name : {".", "a/b", "test", "train"}) {
    CAPTURE(name);
    RunRequest request = request_of(scratch / "extra", "test_faulty");
    request.run.evaluations = {{name, "test_faulty", 4}};
    CHECK(contains(failure_of(request), "rename it"));
  }
}

TEST_CASE("settings that an experiment has set are checked like those of the command line") {
  const Scratch scratch;
  using Change = void (*)(fovea::TrainSettings&);
  const Change changes[] = {[](auto& s) { s.batch = 0; },      [](auto& s) { s.evaluation_batch = 0; },
                            [](auto& s) { s.shard_rows = 0; }, [](auto& s) { s.log_every = 0; },
                            [](auto& s) { s.steps = -1; },     [](auto& s) { s.learning_rate = std::nan(""); }};
  for (const Change& change : changes) {
    RunRequest request = request_of(scratch / "run", "test_faulty");
    change(request.run.train);
    CHECK(contains(failure_of(request), "option '"));
  }
}
