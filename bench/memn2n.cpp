// An end-to-end memory network of 3 hops over 50 sentences of 7 words, batch of 32, stochastic gradient descent with the
// norm of the gradient clipped at 40: whole training steps per second, from bound batches to changed parameters.

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "bench/training_step.h"
#include "modules/memory/stories/memn2n.h"

namespace fovea::bench {
namespace {

constexpr Extent kSentences = 50;
constexpr Extent kLength = 7;  // words of a sentence and of a question
constexpr Extent kHops = 3;
constexpr std::size_t kBatches = 8;

struct Setting {
  Extent width = 20;
  Extent words = 30;
  Extent batch = 32;
  Extent shard_rows = 16;
  std::string tying = "adjacent";
  double seconds = 1;
};

void build(Builder& b, const InputTypes& inputs, const Setting& setting) {
  MemN2NOptions options;
  options.words = setting.words;
  options.width = setting.width;
  options.slots = kSentences;
  options.hops = kHops;
  options.tying = setting.tying;
  MemN2N network(b, options);
  const Value story = b.input("story", inputs.at("story"));
  const Value question = b.input("question", inputs.at("question"));
  b.output("cost", cross_entropy(network(story, question).scores, b.input("answer", inputs.at("answer"))));
}

std::vector<Batch> batches_of(const Setting& setting) {
  std::vector<Batch> batches;
  for (std::uint32_t number = 0; number < kBatches; ++number) {
    Rng rng({.seed = 1, .stream = number});
    Batch& batch = batches.emplace_back(setting.batch);
    const auto draw = [&](const std::string& name, const Shape& shape, Index low) {
      const Tensor tensor = batch.make(name, {shape, Kind::kIndex});
      for (Extent i = 0; i < tensor.size(); ++i) tensor.index()[i] = static_cast<Index>(rng.between(low, setting.words - 1));
    };
    draw("story", {setting.batch, kSentences, kLength}, 0);
    draw("question", {setting.batch, kLength}, 1);
    draw("answer", {setting.batch}, 0);
  }
  return batches;
}

void measure(const Setting& setting, bool json) {
  TrainingStep step([setting](Builder& b, const InputTypes& inputs) { build(b, inputs, setting); }, batches_of(setting),
                    {.clip_norm = 40, .shard_rows = setting.shard_rows});
  Candidate timed = time_of(setting.seconds, std::ref(step));
  const std::string config = config_of(
      {{"d", setting.width}, {"vocab", setting.words}, {"B", setting.batch}, {"mem", kSentences}, {"hops", kHops}});
  const Line line{"memn2n_step", config, timed.median(), timed.best(), 1, "steps/s"};
  if (json) return print_json(line);
  std::printf("%-36s %7.0f steps/s (best %.0f)\n", config.c_str(), 1 / line.median, 1 / line.best);
  std::fflush(stdout);
}

int run(int count, char** arguments) {
  Common common;
  Setting setting;
  std::vector<Extent> widths{20, 40};
  std::vector<Extent> words{30, 180};
  CommandLine line("bench_memn2n", "Training steps per second of an end-to-end memory network.",
                   "  bench_memn2n                             # widths 20 and 40, vocabularies of 30 and 180, 2 threads\n"
                   "  bench_memn2n --widths 20 --words 30 --json    # one of them, for bench/alternate.py\n"
                   "  bench_memn2n --threads 1 --seconds 5\n",
                   common);
  line.add_threads(2);
  CLI::App& app = line.app();
  app.add_option("--widths", widths, "of an embedded sentence, each in [1, 4096]")->check(CLI::Range(1, 4096));
  app.add_option("--words", words, "of the vocabulary, each in [2, 1000000]")->check(CLI::Range(2, 1000000));
  app.add_option("--batch", setting.batch, "stories of a batch, in [1, 65536]")->check(CLI::Range(1, 65536));
  app.add_option("--shard-rows", setting.shard_rows, "stories of a shard, in [1, 65536]")->check(CLI::Range(1, 65536));
  app.add_option("--tying", setting.tying, "of the tables")->check(CLI::IsMember({"adjacent", "layer_wise"}));
  app.add_option("--seconds", setting.seconds, "time of each measurement")->check(CLI::Range(0.0, 3600.0));
  return line.run(count, arguments, [&] {
    for (const Extent width : widths) {
      for (const Extent vocabulary : words) {
        setting.width = width;
        setting.words = vocabulary;
        measure(setting, common.json);
      }
    }
  });
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) { return fovea::bench::run(count, arguments); }
