#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "framework/graph/functions.h"
#include "framework/train/trainer.h"
#include "tests/support/line_run.h"

namespace fovea {
namespace {

// Ten numbers; a batch of an evaluation holds those from its first row on.
class Listed final : public Task {
 public:
  void fill(Rng& /*rng*/, Split split, Batch& batch) const override {
    const Tensor x = batch.make("x", {{batch.rows(), 1}, Kind::kReal});
    for (Extent row = 0; row < batch.rows(); ++row) x.real()[row] = static_cast<Real>(batch.first_row() + row);
    if (split == Split::kTrain && batch.first_row() != 0) throw Error("listed", "a training batch starts at row 0.");
  }
  Judgement judge(const Batch& batch, const Outputs& /*outputs*/) const override {
    Judgement judgement{{{"item", {}}}, {}};
    for (Extent row = 0; row < batch.rows(); ++row) judgement.metrics[0].rows.push_back(batch.at("x").real()[row]);
    return judgement;
  }
  std::string note() const override { return "ten numbers"; }
};

FOVEA_TASK("test_listed", Listed, "Ten numbers, in their order.");

RunRequest listed_run(const std::filesystem::path& directory, Extent evaluation_batch) {
  RunRequest request;
  request.experiment = "test";
  request.directory = directory;
  request.run.task = "test_listed";
  request.run.model = [](Builder& b, const InputTypes& inputs) {
    const Value guess = squeeze(linear(b.input("x", inputs.at("x")), b.parameter("weight", {1, 1})), 1);
    b.output(b.mode() == Mode::kTrain ? "cost" : "guess", guess);
  };
  TrainSettings& train = request.run.train;
  train.steps = 3;
  train.batch = 4;
  train.test_rows = 10;
  train.validation_rows = 0;
  train.evaluation_batch = evaluation_batch;
  return request;
}

}  // namespace

TEST_CASE("an evaluation sees each item of a list once, however large its batches are") {
  const test::Scratch scratch;
  for (const Extent rows : {1, 3, 4, 10, 128}) {
    const RunOutcome outcome = train_run(listed_run(scratch / std::to_string(rows), rows), {});
    REQUIRE(outcome.final_metrics.size() == 1);
    CHECK(outcome.final_metrics[0].value == 4.5);
  }
}

TEST_CASE("a run says the note of its task when it starts") {
  const test::Scratch scratch;
  std::vector<std::string> said;
  TrainerHooks hooks;
  hooks.message = [&](const std::string& text) { said.push_back(text); };
  train_run(listed_run(scratch / "run", 4), hooks);
  CHECK(std::count(said.begin(), said.end(), "ten numbers") == 1);
  CHECK(said.front() == "ten numbers");
}

}  // namespace fovea
