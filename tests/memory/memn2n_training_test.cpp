#include <doctest/doctest.h>

#include "framework/cpu/parallel.h"
#include "framework/train/training.h"
#include "modules/memory/stories/memn2n.h"

namespace fovea {
namespace {

// Which word is first in the last sentence? Stories have one to four sentences of two words; word 0 is padding.
class LastSentence final : public Task {
 public:
  static constexpr Extent kWords = 6;

  void fill(Rng& rng, Split /*split*/, Batch& batch) const override {
    const Tensor story = batch.make("story", {{batch.rows(), 4, 2}, Kind::kIndex});
    const Tensor question = batch.make("question", {{batch.rows(), 1}, Kind::kIndex});
    const Tensor answer = batch.make("answer", {{batch.rows()}, Kind::kIndex});
    for (Extent row = 0; row < batch.rows(); ++row) {
      const Extent sentences = rng.between(1, 4);
      for (Extent i = 0; i < 8; ++i) {
        const auto word = static_cast<Index>(rng.between(1, kWords - 1));
        story.index()[8 * row + i] = i < 2 * sentences ? word : 0;
      }
      question.index()[row] = 1;
      answer.index()[row] = story.index()[8 * row + 2 * sentences - 2];
    }
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    Judgement judgement{{{"accuracy", {}}}, {}};
    for (Extent row = 0; row < batch.rows(); ++row) {
      const bool is_right = outputs.at("answers").index()[row] == batch.at("answer").index()[row];
      judgement.metrics[0].rows.push_back(is_right ? 1 : 0);
    }
    return judgement;
  }
};

FOVEA_TASK("test_last_sentence", LastSentence, "Which word stands first in the last sentence?");

RunSpec run_of(const std::string& site) {
  MemN2NOptions options;
  options.words = LastSentence::kWords;
  options.width = 8;
  options.slots = 5;
  options.hops = 2;
  options.time = "age";
  options.time_noise = 0.5;
  options.linear_start = "plateau(from=1, to=0, moves=1, patience=0)";
  options.gate = "hop";
  options.null_word = true;
  options.site = site;
  RunSpec run;
  run.name = "story";
  run.task = "test_last_sentence";
  run.model = [options](Builder& b, const InputTypes& inputs) {
    MemN2N network(b, options);
    const Value story = b.input("story", inputs.at("story"));
    const Value scores = network(story, b.input("question", inputs.at("question"))).scores;
    if (b.mode() == Mode::kEvaluate) return b.output("answers", argmax(scores));
    b.output("cost", cross_entropy(scores, b.input("answer", inputs.at("answer"))));
  };
  run.train.steps = 300;
  run.train.batch = 20;
  run.train.shard_rows = 6;
  run.train.evaluate_every = 100;
  run.train.optimizer = "adam";
  run.train.learning_rate = 0.02;
  run.train.clip_norm = 40;
  return run;
}

constexpr const char* kSoft = "dot | dense | softmax | none";

std::vector<Real> trained(const std::string& site, int threads) {
  cpu::set_threads(threads);
  Training training(run_of(site));
  for (int step = 0; step < 6; ++step) {
    training.step();
    if (step > 1) training.observe(0.5);  // the softmax comes in between
  }
  cpu::set_threads(0);
  const auto values = training.parameters().values();
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("a memory network with all its variants has the same bits on any number of threads") {
  for (const char* site : {kSoft, "dot | dense | sample | reinforce"}) {
    const std::vector<Real> one = trained(site, 1);
    for (const int threads : {2, 4}) CHECK(trained(site, threads) == one);
  }
}

TEST_CASE("a linear start ends where validation no longer improves, once and for good") {
  Training training(run_of(kSoft));
  REQUIRE(training.metric_names() == std::vector<std::string>{"linear_start"});
  CHECK(training.needs_metric() != "");
  std::vector<double> shares;
  for (const double accuracy : {0.2, 0.3, 0.25, 0.5, 0.4, 0.4}) {
    shares.push_back(training.step().metrics.back());
    training.observe(accuracy);
  }
  CHECK(shares == std::vector<double>{1, 1, 1, 0, 0, 0});
}

TEST_CASE("a memory network learns through a linear start") {
  Training training(run_of(kSoft));
  const double first = training.step().loss;
  for (int step = 0; step < 150; ++step) training.step();
  training.observe(0.5);
  training.observe(0.5);
  double last = 0;
  for (int step = 0; step < 149; ++step) last = training.step().loss;
  CHECK(last < first / 2);
}

}  // namespace fovea
