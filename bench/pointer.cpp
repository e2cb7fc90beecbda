// Pointer network, LSTM encoder and decoder, additive pointer, items of width 2, Adam: sequences per second of training
// under teacher forcing and of greedy decoding. Memory is the peak of the process above its size before the first step.

#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "bench/training_step.h"
#include "modules/pointer/pointer_network.h"

namespace fovea::bench {
namespace {

constexpr Extent kItemWidth = 2;

struct Setting {
  cpu::Products products = cpu::Products::kFull;
  Extent shard_rows = 64;
  Extent items = 10;
  Extent hidden = 256;
  Extent batch = 128;
  double seconds = 2;
};

PointerOptions network(const Setting& setting) {
  PointerOptions options;
  options.encoder = "lstm";
  options.hidden = setting.hidden;
  options.item_layers = 0;
  return options;
}

std::vector<Batch> batches_of(const Setting& setting) {
  std::vector<Batch> batches(1);
  Batch& batch = batches[0] = Batch(setting.batch);
  const Tensor items = batch.make("items", {{setting.batch, setting.items, kItemWidth}, Kind::kReal});
  const Tensor targets = batch.make("targets", {{setting.batch, setting.items}, Kind::kIndex});
  Rng rng({.seed = 1});
  rng.fill_uniform({items.real(), static_cast<std::size_t>(items.size())});
  for (Extent row = 0; row < setting.batch; ++row) {
    const std::span<Index> order{targets.index() + row * setting.items, static_cast<std::size_t>(setting.items)};
    std::iota(order.begin(), order.end(), 0);
    rng.shuffle(order);
  }
  return batches;
}

struct Result {
  Line train;
  Line greedy;
  double arena_mib = 0;
  double peak_mib = 0;
};

Line line_of(const std::string& name, const Setting& setting, Candidate timed) {
  const std::string config = config_of({{"hidden", setting.hidden}, {"n", setting.items}, {"B", setting.batch}});
  const std::string suffix = setting.products == cpu::Products::kBf16 ? "_bf16" : "";
  return {name + suffix, config, timed.median(), timed.best(), static_cast<double>(setting.batch), "seq/s"};
}

Result measure(const Setting& setting) {
  const auto model = [&](Builder& b, const InputTypes& inputs) {
    b.set_wishes({.products = setting.products});
    pointer_network(b, inputs, network(setting));
  };
  Result result;
  std::unique_ptr<TrainingStep> step;
  result.peak_mib = peak_growth([&] {
    step = std::make_unique<TrainingStep>(
        model, batches_of(setting),
        TrainingStep::Settings{.optimizer = "adam", .learning_rate = 1e-3, .shard_rows = setting.shard_rows});
    result.train = line_of("pointer_train", setting, time_of(setting.seconds, std::ref(*step)));
  });
  result.arena_mib = step->arena_mib();
  result.greedy = line_of("pointer_greedy", setting, time_of(setting.seconds, [&] { step->evaluate(); }));
  return result;
}

void print(const Setting& setting, const Result& result, bool json) {
  if (json) {
    print_json(result.train);
    print_json(result.greedy);
    return;
  }
  std::printf("N=%-3ld training %7.0f sequences/s (arena %.0f MiB, peak %.0f MiB), greedy decoding %7.0f sequences/s\n",
              static_cast<long>(setting.items), result.train.work / result.train.median, result.arena_mib, result.peak_mib,
              result.greedy.work / result.greedy.median);
  std::fflush(stdout);
}

int run(int count, char** arguments) {
  Common common{.threads = 2};
  Setting setting;
  std::string products = "full";
  std::vector<Extent> lengths{10, 20, 50};
  CommandLine line("bench_pointer", "Training and greedy decoding of a pointer network: sequences per second.",
                   "  bench_pointer                          # full products, 2 threads, N = 10, 20, 50\n"
                   "  bench_pointer bf16 4 32 10 20          # bf16, 4 threads, shards of 32 rows, N = 10, 20\n"
                   "  bench_pointer full 2 64 10 --json      # for bench/alternate.py\n"
                   "  bench_pointer --hidden 512 --seconds 1\n",
                   common);
  CLI::App& app = line.app();
  app.add_option("products", products, "rounding of products")->check(CLI::IsMember({"full", "bf16"}));
  app.add_option("threads", common.threads, "threads, >= 0; 0: one per core")->check(CLI::Range(0, 4096));
  app.add_option("shard_rows", setting.shard_rows, "rows of a shard; divides the batch")->check(CLI::Range(1, 65536));
  app.add_option("lengths", lengths, "items N of a sequence, each in [1, 10000]")->check(CLI::Range(1, 10000));
  app.add_option("--hidden", setting.hidden, "units of the layers, in [1, 8192]")->check(CLI::Range(1, 8192));
  app.add_option("--batch", setting.batch, "sequences of a batch, in [1, 65536]")->check(CLI::Range(1, 65536));
  app.add_option("--seconds", setting.seconds, "time of each measurement, at least 7 calls")->check(CLI::Range(0.0, 3600.0));
  app.final_callback([&] {
    if (setting.batch % setting.shard_rows != 0)
      throw CLI::ValidationError("shard_rows", std::to_string(setting.shard_rows) + " does not divide the batch of " +
                                                   std::to_string(setting.batch));
  });
  return line.run(count, arguments, [&] {
    setting.products = products == "bf16" ? cpu::Products::kBf16 : cpu::Products::kFull;
    for (const Extent items : lengths) {
      setting.items = items;
      print(setting, measure(setting), common.json);
    }
  });
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) { return fovea::bench::run(count, arguments); }
