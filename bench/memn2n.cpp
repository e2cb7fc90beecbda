// An end-to-end memory network of 3 hops over 50 sentences of 7 words, batch of 32, stochastic gradient descent with the
// norm of the gradient clipped at 40: whole training steps per second, from bound batches to changed parameters.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "framework/cpu/parallel.h"
#include "framework/train/optimizer.h"
#include "framework/train/shards.h"
#include "modules/memory/stories/memn2n.h"

namespace {

using namespace fovea;

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

/// A model with its data, its gradients and its optimizer: what a trainer holds.
class Trained {
 public:
  explicit Trained(const Setting& setting) : setting_(setting) {
    for (std::size_t i = 0; i < kBatches; ++i) fill(static_cast<std::uint32_t>(i));
    const Model model = [setting](Builder& b, const InputTypes& inputs) { build(b, inputs, setting); };
    const auto graph = build_graph(model, with_rows(batches_[0].types(), setting.shard_rows), Mode::kTrain, TrainSettings{});
    store_ = std::make_unique<ParameterStore>(*graph);
    store_->initialise(1);
    optimizer_->prepare(store_->size());
    gradients_ = std::make_unique<GradientBlocks>(Shards::count(setting.batch, setting.shard_rows), store_->size());
    shards_ = std::make_unique<Shards>(Shards::Config{graph, store_.get(), gradients_.get(), setting.shard_rows});
  }

  void step() {
    const std::span<Shard> shards = shards_->bind(batches_[static_cast<std::size_t>(steps_) % kBatches]);
    const auto run = [&](Extent i) { run_shard(shards[static_cast<std::size_t>(i)], gradients_->block(i)); };
    cpu::parallel_for(static_cast<Extent>(shards.size()), std::ref(run));
    const double norm = gradients_->sum(static_cast<Extent>(shards.size()));
    clip_norm(gradients_->total(), norm, 40);
    optimizer_->step(store_->values(), gradients_->total(), 0.01, ++steps_);
  }

 private:
  void fill(std::uint32_t number) {
    Rng rng({.seed = 1, .stream = number});
    Batch& batch = batches_.emplace_back(setting_.batch);
    const auto draw = [&](const std::string& name, const Shape& shape, Index low) {
      const Tensor tensor = batch.make(name, {shape, Kind::kIndex});
      for (Extent i = 0; i < tensor.size(); ++i)
        tensor.index()[i] = static_cast<Index>(rng.between(low, setting_.words - 1));
    };
    draw("story", {setting_.batch, kSentences, kLength}, 0);
    draw("question", {setting_.batch, kLength}, 1);
    draw("answer", {setting_.batch}, 0);
  }

  void run_shard(Shard& shard, std::span<Real> block) const {
    OpContext context;
    context.step = static_cast<std::uint32_t>(steps_);
    context.first_row = static_cast<std::uint32_t>(shard.first_row);
    Execution& execution = *shard.execution;
    execution.forward(context);
    std::fill(block.begin(), block.end(), Real(0));
    execution.clear_output_gradients();
    const Tensor cotangent = execution.output_gradient("cost");
    std::fill_n(cotangent.real(), cotangent.size(), Real(1) / static_cast<Real>(setting_.batch));
    execution.backward(context);
  }

  Setting setting_;
  std::vector<Batch> batches_;
  std::unique_ptr<Optimizer> optimizer_ = Registry<Optimizer>::instance().parse("sgd").plugin;
  std::unique_ptr<ParameterStore> store_;
  std::unique_ptr<GradientBlocks> gradients_;
  std::unique_ptr<Shards> shards_;
  Extent steps_ = 0;
};

void measure(const Setting& setting, bool json) {
  Trained trained(setting);
  std::vector<bench::Candidate> candidates{{[&] { trained.step(); }}};
  constexpr double kSample = 0.02;
  const int rounds = std::max(7, static_cast<int>(setting.seconds / kSample));
  bench::measure(candidates, rounds, kSample);
  const std::string config = "d=" + std::to_string(setting.width) + ",vocab=" + std::to_string(setting.words) +
                             ",B=" + std::to_string(setting.batch) + ",mem=" + std::to_string(kSentences) +
                             ",hops=" + std::to_string(kHops);
  const bench::Line line{"memn2n_step", config, candidates[0].median(), candidates[0].best(), 1, "steps/s"};
  if (json) return bench::print_json(line);
  std::printf("%-36s %7.0f steps/s (best %.0f)\n", config.c_str(), 1 / line.median, 1 / line.best);
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  bench::Common common{.threads = 2};
  Setting setting;
  std::vector<Extent> widths{20, 40};
  std::vector<Extent> words{30, 180};
  bench::CommandLine line(
      "bench_memn2n", "Training steps per second of an end-to-end memory network.",
      "  bench_memn2n                             widths 20 and 40, vocabularies of 30 and 180, 2 threads\n"
      "  bench_memn2n --widths 20 --words 30 --json    one of them, for bench/alternate.py\n"
      "  bench_memn2n --threads 1 --seconds 5\n",
      common);
  line.add_threads(common);
  CLI::App& app = line.app();
  app.add_option("--widths", widths, "of an embedded sentence, each in [1, 4096]")->check(CLI::Range(1, 4096));
  app.add_option("--words", words, "of the vocabulary, each in [2, 1000000]")->check(CLI::Range(2, 1000000));
  app.add_option("--batch", setting.batch, "stories of a batch, in [1, 65536]")->check(CLI::Range(1, 65536));
  app.add_option("--shard-rows", setting.shard_rows, "stories of a shard, in [1, 65536]")->check(CLI::Range(1, 65536));
  app.add_option("--tying", setting.tying, "of the tables")->check(CLI::IsMember({"adjacent", "layer_wise"}));
  app.add_option("--seconds", setting.seconds, "time of each measurement")->check(CLI::Range(0.0, 3600.0));
  if (const int code = line.parse(count, arguments); code >= 0) return code;
  cpu::set_threads(common.threads);
  for (const Extent width : widths) {
    for (const Extent vocabulary : words) {
      setting.width = width;
      setting.words = vocabulary;
      measure(setting, common.json);
    }
  }
  return 0;
}
