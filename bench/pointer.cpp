// Pointer network, hidden 256, LSTM encoder and decoder, additive pointer, items of width 2, batch 128, Adam:
// sequences per second of training under teacher forcing and of greedy decoding, for N = 10, 20, 50.
//
//     bench_pointer [full|bf16] [THREADS] [SHARD_ROWS] [N ...]
//
// Median of repeated calls; memory is the peak of the process above its size before the first step.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "framework/cpu/parallel.h"
#include "framework/cpu/row_math.h"
#include "framework/graph/plan.h"
#include "framework/train/optimizer.h"
#include "framework/train/parameter_store.h"
#include "modules/pointer/pointer_network.h"

namespace {

using namespace fovea;

constexpr Extent kBatch = 128;
constexpr Extent kItemWidth = 2;

struct Setting {
  cpu::Products products = cpu::Products::kFull;
  Extent shard_rows = 64;
  Extent items = 10;
};

PointerOptions network() {
  PointerOptions options;
  options.encoder = "lstm";
  options.hidden = 256;
  options.item_layers = 0;
  return options;
}

std::shared_ptr<const Graph> graph_of(Mode mode, const Setting& setting) {
  Builder b("pointer", mode);
  b.set_products(setting.products);
  pointer_network(b, {{"items", {Shape{kBatch, setting.items, kItemWidth}, Kind::kReal}},
                      {"targets", {Shape{kBatch, setting.items}, Kind::kIndex}}},
                  network());
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
    arena_bytes_ = plan->arena_bytes() * static_cast<std::size_t>(kBatch / rows);
    fill_data();
    for (Extent begin = 0; begin < kBatch; begin += rows) {
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
    items_.resize(static_cast<std::size_t>(kBatch * setting_.items * kItemWidth));
    targets_.resize(static_cast<std::size_t>(kBatch * setting_.items));
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
    std::fill(gradients_[i].begin(), gradients_[i].end(), Real(0));
    shards_[i]->clear_output_gradients();
    const Tensor grad_cost = shards_[i]->output_gradient("cost");
    std::fill_n(grad_cost.real(), grad_cost.size(), Real(1) / static_cast<Real>(kBatch));
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

/// Sequences per second: the median over at least 7 calls and 2 seconds, after two that do not count.
template <class Call>
double rate(const Call& call) {
  using Clock = std::chrono::steady_clock;
  call();
  call();
  std::vector<double> seconds;
  for (const auto start = Clock::now(); seconds.size() < 7 || Clock::now() - start < std::chrono::seconds(2);) {
    const auto begin = Clock::now();
    call();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
  }
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return static_cast<double>(kBatch) / *middle;
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

void bench(const Setting& setting) {
  ParameterStore store(*graph_of(Mode::kTrain, setting));
  store.initialise(1);
  const auto adam = Registry<Optimizer>::instance().parse("adam");
  reset_peak();
  const double before = memory_mib("VmRSS");
  adam->prepare(store.size());
  Extent step = 0;
  double train = 0;
  double arena_mib = 0;
  {
    Shards shards(Mode::kTrain, setting, store);
    train = rate([&] { adam->step(store.values(), shards.run(), 1e-3, ++step); });
    arena_mib = static_cast<double>(shards.arena_bytes()) / (1024 * 1024);
  }
  const double peak = memory_mib("VmHWM") - before;
  Shards decoding(Mode::kEvaluate, setting, store);
  const double greedy = rate([&] { decoding.run(); });
  std::printf("N=%-3ld training %7.0f sequences/s (arena %.0f MiB, peak %.0f MiB), greedy decoding %7.0f sequences/s\n",
              static_cast<long>(setting.items), train, arena_mib, peak, greedy);
}

}  // namespace

int main(int count, char** arguments) {
  const auto number = [&](int i, long other) { return count > i ? std::strtol(arguments[i], nullptr, 10) : other; };
  Setting setting;
  if (count > 1 && std::string(arguments[1]) == "bf16") setting.products = cpu::Products::kBf16;
  cpu::set_threads(static_cast<int>(number(2, 2)));
  setting.shard_rows = number(3, 64);
  std::vector<Extent> lengths;
  for (int i = 4; i < count; ++i) lengths.push_back(number(i, 10));
  for (const Extent items : lengths.empty() ? std::vector<Extent>{10, 20, 50} : lengths) {
    setting.items = items;
    bench(setting);
  }
  return 0;
}
