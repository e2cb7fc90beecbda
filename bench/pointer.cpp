// Pointer network, LSTM encoder and decoder, additive pointer, items of width 2, Adam: sequences per second of training
// under teacher forcing and of greedy decoding. Memory is the peak of the process above its size before the first step.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "framework/cpu/parallel.h"
#include "framework/cpu/row_math.h"
#include "framework/graph/plan.h"
#include "framework/train/optimizer.h"
#include "framework/train/parameter_store.h"
#include "modules/pointer/pointer_network.h"

namespace {

using namespace fovea;

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

std::shared_ptr<const Graph> graph_of(Mode mode, const Setting& setting) {
  Builder b("pointer", mode);
  b.set_products(setting.products);
  pointer_network(b,
                  {{"items", {Shape{setting.batch, setting.items, kItemWidth}, Kind::kReal}},
                   {"targets", {Shape{setting.batch, setting.items}, Kind::kIndex}}},
                  network(setting));
  return b.freeze();
}

/// A batch in shards: one execution and one block of gradients for each.
class Shards {
 public:
  Shards(Mode mode, const Setting& setting, ParameterStore& store) : setting_(setting), mode_(mode) {
    const Extent rows = setting.shard_rows;
    const auto passes = mode == Mode::kTrain ? Plan::Passes::kBackward : Plan::Passes::kForward;
    std::map<std::string, Type> types{{"items", {Shape{rows, setting.items, kItemWidth}, Kind::kReal}}};
    if (mode == Mode::kTrain) types["targets"] = {Shape{rows, setting.items}, Kind::kIndex};
    const auto plan = Plan::compile(graph_of(mode, setting), types, passes);
    arena_bytes_ = plan->arena_bytes() * static_cast<std::size_t>(setting.batch / rows);
    fill_data();
    for (Extent begin = 0; begin < setting.batch; begin += rows) {
      gradients_.emplace_back(mode == Mode::kTrain ? store.size() : 0);
      Real* block = mode == Mode::kTrain ? gradients_.back().data() : nullptr;
      shards_.push_back(std::make_unique<Execution>(plan, store.memory(block)));
      shards_.back()->bind("items", items_.data() + begin * setting.items * kItemWidth);
      if (mode == Mode::kTrain) shards_.back()->bind("targets", targets_.data() + begin * setting.items);
    }
  }

  /// Forward, and backward where the graph is for training; the gradients of all shards are then in the first block.
  std::span<Real> run() {
    cpu::parallel_for(static_cast<Extent>(shards_.size()), [this](Extent i) { run_shard(static_cast<std::size_t>(i)); });
    if (mode_ == Mode::kTrain) {
      for (std::size_t i = 1; i < gradients_.size(); ++i) cpu::add(gradients_[i], gradients_[0]);
    }
    return gradients_[0];
  }

  std::size_t arena_bytes() const { return arena_bytes_; }

 private:
  void fill_data() {
    Rng rng({.seed = 1});
    items_.resize(static_cast<std::size_t>(setting_.batch * setting_.items * kItemWidth));
    targets_.resize(static_cast<std::size_t>(setting_.batch * setting_.items));
    rng.fill_uniform(items_);
    const auto n = static_cast<std::size_t>(setting_.items);
    for (std::size_t b = 0; b < targets_.size(); b += n) {
      std::iota(targets_.begin() + static_cast<std::ptrdiff_t>(b), targets_.begin() + static_cast<std::ptrdiff_t>(b + n), 0);
      rng.shuffle(std::span<Index>(targets_).subspan(b, n));
    }
  }

  void run_shard(std::size_t i) {
    OpContext context;
    context.mode = mode_;
    context.first_row = static_cast<std::uint32_t>(static_cast<Extent>(i) * setting_.shard_rows);
    shards_[i]->forward(context);
    if (mode_ != Mode::kTrain) return;
    shards_[i]->clear_output_gradients();
    const Tensor grad_cost = shards_[i]->output_gradient("cost");
    std::fill_n(grad_cost.real(), grad_cost.size(), Real(1) / static_cast<Real>(setting_.batch));
    shards_[i]->backward(context);
  }

  Setting setting_;
  Mode mode_;
  std::size_t arena_bytes_ = 0;
  std::vector<Real> items_;
  std::vector<Index> targets_;
  std::vector<std::vector<Real>> gradients_;
  std::vector<std::unique_ptr<Execution>> shards_;
};

/// At least 7 calls and as many as fill the time, after two that do not count.
template <class Call>
bench::Candidate time_calls(double seconds, const Call& call) {
  call();
  call();
  bench::Candidate timed;
  for (const double start = bench::now(); timed.seconds.size() < 7 || bench::now() - start < seconds;) {
    const double begin = bench::now();
    call();
    timed.seconds.push_back(bench::now() - begin);
  }
  return timed;
}

/// A line of /proc/self/status in MiB: "VmRSS", "VmHWM".
double memory_mib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kib = 0;
    if (word == key + ":" && status >> kib) return kib / 1024;
  }
  return 0;
}

void reset_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

struct Result {
  bench::Line train;
  bench::Line greedy;
  double arena_mib = 0;
  double peak_mib = 0;
};

bench::Line line_of(const std::string& name, const Setting& setting, bench::Candidate timed) {
  const std::string config = "hidden=" + std::to_string(setting.hidden) + ",n=" + std::to_string(setting.items) +
                             ",B=" + std::to_string(setting.batch);
  const std::string suffix = setting.products == cpu::Products::kBf16 ? "_bf16" : "";
  return {name + suffix, config, timed.median(), timed.best(), static_cast<double>(setting.batch), "seq/s"};
}

Result measure(const Setting& setting) {
  Result result;
  ParameterStore store(*graph_of(Mode::kTrain, setting));
  store.initialise(1);
  const auto adam = Registry<Optimizer>::instance().parse("adam").plugin;
  reset_peak();
  const double before = memory_mib("VmRSS");
  adam->prepare(store.size());
  Extent step = 0;
  {
    Shards shards(Mode::kTrain, setting, store);
    const auto train = [&] { adam->step(store.values(), shards.run(), 1e-3, ++step); };
    result.train = line_of("pointer_train", setting, time_calls(setting.seconds, train));
    result.arena_mib = static_cast<double>(shards.arena_bytes()) / (1024 * 1024);
  }
  result.peak_mib = memory_mib("VmHWM") - before;
  Shards decoding(Mode::kEvaluate, setting, store);
  result.greedy = line_of("pointer_greedy", setting, time_calls(setting.seconds, [&] { decoding.run(); }));
  return result;
}

void print(const Setting& setting, const Result& result, bool json) {
  if (json) {
    bench::print_json(result.train);
    bench::print_json(result.greedy);
    return;
  }
  std::printf("N=%-3ld training %7.0f sequences/s (arena %.0f MiB, peak %.0f MiB), greedy decoding %7.0f sequences/s\n",
              static_cast<long>(setting.items), result.train.work / result.train.median, result.arena_mib, result.peak_mib,
              result.greedy.work / result.greedy.median);
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  bench::Common common{.threads = 2};
  Setting setting;
  std::string products = "full";
  std::vector<Extent> lengths{10, 20, 50};
  bench::CommandLine line("bench_pointer", "Training and greedy decoding of a pointer network: sequences per second.",
                          "  bench_pointer                          full products, 2 threads, N = 10, 20, 50\n"
                          "  bench_pointer bf16 4 32 10 20          bf16, 4 threads, shards of 32 rows, N = 10, 20\n"
                          "  bench_pointer full 2 64 10 --json      for bench/alternate.py\n"
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
  if (const int code = line.parse(count, arguments); code >= 0) return code;
  setting.products = products == "bf16" ? cpu::Products::kBf16 : cpu::Products::kFull;
  cpu::set_threads(common.threads);
  for (const Extent items : lengths) {
    setting.items = items;
    print(setting, measure(setting), common.json);
  }
  return 0;
}
