#include "tests/support/line_run.h"

#include <unistd.h>

#include <cmath>

#include "framework/attention/site/site.h"
#include "framework/graph/functions.h"

namespace fovea::test {
namespace {

std::atomic<int> fills_left{0};
std::atomic<std::atomic<int>*> stop_flag{nullptr};

class Line : public Task {
 public:
  void fields(Options& options) override { options.add("exact", is_exact_, "judge by right and wrong alone"); }
  void fill(Rng& rng, Split split, Batch& batch) const override {
    const Tensor x = batch.make("x", {{batch.rows(), 4}, Kind::kReal});
    const Tensor y = batch.make("y", {{batch.rows(), 1}, Kind::kReal});
    rng.fill_normal({x.real(), static_cast<std::size_t>(x.size())});
    for (Extent row = 0; row < batch.rows(); ++row) {
      const Real* in = x.real() + 4 * row;
      y.real()[row] = in[0] - Real(2) * in[1] + Real(0.5) * in[3];
    }
    std::atomic<int>* flag = stop_flag.load();
    if (split == Split::kTrain && flag != nullptr && fills_left.fetch_sub(1) == 1) flag->store(2);
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    Judgement judgement{{{"closeness", {}}}, {}};
    const Real* guess = outputs.at("guess").real();
    for (Extent row = 0; row < batch.rows(); ++row) {
      const double closeness = std::exp(-std::abs(static_cast<double>(guess[row] - batch.at("y").real()[row])));
      judgement.metrics[0].rows.push_back(is_exact_ ? static_cast<double>(closeness > 0.5) : closeness);
      judgement.slices.push_back(batch.at("x").real()[4 * row] > 0 ? "up" : "down");
    }
    return judgement;
  }

 private:
  bool is_exact_ = false;
};

FOVEA_TASK("test_line", Line, "A line through four inputs.");

Value chosen_offset(Builder& b, Value x, const std::string& text) {
  const auto scope = b.scope("chooser");
  const Value keys = expand_rows(b.parameter("keys", {3, 4}), x);
  const Value offsets = expand_rows(b.parameter("offsets", {3, 1}), x);
  Site site(b, text, 4, 4);
  const Attended attended = site.attend({unsqueeze(x, 1), site.prepare_keys(keys), offsets, {}});
  return squeeze(attended.read, 1);
}

/// Without a choice where the text of its site is empty.
Model line_model(const std::string& site) {
  return [site](Builder& b, const InputTypes& inputs) {
    const Value x = b.input("x", inputs.at("x"));
    const Value hidden = tanh(linear(x, b.parameter("in", {8, 4}), b.parameter("in_bias", {8}, Init::zero())));
    Value guess = linear(dropout(hidden, 0.1), b.parameter("out", {1, 8}));
    if (!site.empty()) guess = add(guess, chosen_offset(b, x, site));
    b.output("guess", guess);
    if (b.mode() == Mode::kEvaluate) return;
    const Value difference = subtract(guess, b.input("y", inputs.at("y")));
    b.output("cost", sum_all_but_first(square(difference)));
    b.metric("distance", sum_all_but_first(sqrt(add_scalar(square(difference), 1e-6))));
  };
}

}  // namespace

RunSpec smooth_line() {
  RunSpec run;
  run.name = "line";
  run.task = "test_line";
  run.model = line_model("");
  run.train.steps = 40;
  run.train.batch = 20;
  run.train.shard_rows = 6;
  run.train.learning_rate = 0.02;
  run.train.schedule = "warmup(5) * plateau(factor=0.5, patience=0)";
  run.train.clip_norm = 5;
  run.train.gradient_noise = 0.01;
  run.train.evaluate_every = 8;
  run.train.log_every = 3;
  run.train.validation_rows = 50;
  run.train.test_rows = 70;
  run.train.evaluation_batch = 32;
  run.train.sample_rows = 5;
  run.evaluations = {{"again", "test_line", 10}};
  return run;
}

RunRequest line_run(const std::filesystem::path& directory, const std::string& site) {
  RunRequest request;
  request.experiment = "test_lines";
  request.run = smooth_line();
  request.run.model = line_model(site);
  request.directory = directory;
  request.command_line = "fovea run test_lines";
  return request;
}

std::string failure_of(const RunRequest& request) {
  try {
    train_run(request, {});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

Scratch::Scratch() {
  // In memory where there is such a place: a run waits for the disk at each of its many publications.
  const std::filesystem::path shared = "/dev/shm";
  const auto parent = std::filesystem::exists(shared) ? shared : std::filesystem::temp_directory_path();
  std::string name = (parent / "fovea-train-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw Error(name, "a directory for the test was to be made; it was not; free some space.");
  path_ = name;
}

Scratch::~Scratch() { std::filesystem::remove_all(path_); }

StopAfter::StopAfter(int fills) {
  fills_left = fills;
  stop_flag = &signal;
}

StopAfter::~StopAfter() { stop_flag = nullptr; }

}  // namespace fovea::test
