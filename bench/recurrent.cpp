// Training step of a recurrent layer: forward and backward to the input, all weights and biases, T = 50, batch 128 as two
// shards of 64 rows, on all cores. Usage: recurrent [rounds] [lstm|gru|pointer]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench/measure.h"
#include "framework/core/arena.h"
#include "framework/cpu/parallel.h"
#include "framework/ops/recurrent.h"

namespace fovea::bench {
namespace {

struct Layer {
  bool is_lstm = true;
  cpu::Products products = cpu::Products::kFull;
  Extent steps = 50;
  Extent rows = 64;
  Extent inputs = 0;
  Extent units = 0;
};

// The tensors of one shard, in one arena, as a plan would place them.
class Shard {
 public:
  explicit Shard(const Layer& layer) : layer_(layer) {
    const RecurrentOptions options{.zero_state = true, .products = layer.products};
    op_ = layer.is_lstm ? make_lstm(options) : make_gru(options);
    const Extent gates = (layer.is_lstm ? 4 : 3) * layer.units;
    for (const Shape& shape : {Shape{layer.steps, layer.rows, layer.inputs}, Shape{gates, layer.inputs},
                               Shape{gates, layer.units}, Shape{gates}, Shape{gates}}) {
      in_types_.push_back({shape, Kind::kReal});
    }
    out_types_ = op_->infer(in_types_);
    groups_ = {in_types_, out_types_, op_->scratch(in_types_), op_->workspace(in_types_), in_types_, out_types_};
    std::size_t bytes = 0;
    for (const auto& group : groups_) {
      for (const Type& type : group) bytes += Arena::aligned(type.bytes());
    }
    arena_ = Arena(bytes);
    place();
  }

  void step() const {
    OpRun run;
    run.in = tensors_[0];
    run.out = tensors_[1];
    run.scratch = tensors_[2];
    run.workspace = tensors_[3];
    op_->forward(run);
    run.grad_in = tensors_[4];
    run.grad_out = tensors_[5];
    run.assign = ~0U;
    op_->backward(run);
  }

 private:
  void place() {
    std::byte* next = arena_.data();
    tensors_.resize(groups_.size());
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      for (const Type& type : groups_[group]) {
        Tensor tensor{next, type};
        next += Arena::aligned(type.bytes());
        const bool is_data = group == 0 || group == 5;
        for (Extent i = 0; is_data && i < tensor.size(); ++i) {
          tensor.real()[i] = static_cast<Real>(static_cast<int>(i * 7 % 23) - 11) / 100;
        }
        tensors_[group].push_back(tensor);
      }
    }
  }

  Layer layer_;
  OpPointer op_;
  std::vector<Type> in_types_;
  std::vector<Type> out_types_;
  std::vector<std::vector<Type>> groups_;
  Arena arena_;
  std::vector<std::vector<Tensor>> tensors_;
};

void report(const char* name, const Layer& layer, int rounds) {
  constexpr Extent kShards = 2;
  std::vector<std::unique_ptr<Shard>> shards;
  for (Extent i = 0; i < kShards; ++i) shards.push_back(std::make_unique<Shard>(layer));
  std::vector<Candidate> candidates;
  candidates.push_back(
      {[&] { cpu::parallel_for(kShards, [&](Extent i) { shards[static_cast<std::size_t>(i)]->step(); }); }});
  candidates.push_back({[] { cpu::parallel_for(kShards, [](Extent) { fused_multiply_adds(); }); }});
  measure(candidates, rounds, 2e-2);
  const double gates = layer.is_lstm ? 4 : 3;
  const double operations = 6.0 * static_cast<double>(kShards * layer.steps * layer.rows) * gates *
                            static_cast<double>(layer.units * (layer.inputs + layer.units));
  const double rate = 1e-9 * operations / candidates[0].median();
  const double peak = 1e-9 * kShards * fused_multiply_adds() / candidates[1].median();
  std::printf(
      "%-10s T %ld, inputs %3ld, hidden %3ld: %8.2f ms  %7.1f GFLOP/s, best %7.1f (multiply-add peak %.0f, best %.0f)\n",
      name, static_cast<long>(layer.steps), static_cast<long>(layer.inputs), static_cast<long>(layer.units),
      1e3 * candidates[0].median(), rate, rate * candidates[0].median() / candidates[0].best(), peak,
      peak * candidates[1].median() / candidates[1].best());
  std::fflush(stdout);
}

bool asked(const std::string& filter, const std::string& name) { return filter.empty() || name.find(filter) == 0; }

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) {
  using fovea::bench::Layer;
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  const std::string filter = argc > 2 ? argv[2] : "";
  for (const auto products : {fovea::cpu::Products::kFull, fovea::cpu::Products::kBf16}) {
    const bool full = products == fovea::cpu::Products::kFull;
    for (const bool is_lstm : {true, false}) {
      const std::string name = std::string(is_lstm ? "lstm" : "gru") + (full ? "" : " bf16");
      for (const fovea::Extent units : {128, 256, 512}) {
        const Layer layer{.is_lstm = is_lstm, .products = products, .inputs = units, .units = units};
        if (fovea::bench::asked(filter, name)) fovea::bench::report(name.c_str(), layer, rounds);
      }
    }
    const Layer pointer{.products = products, .steps = 10, .inputs = 2, .units = 256};
    const std::string name = full ? "pointer" : "pointer bf16";
    if (fovea::bench::asked(filter, name)) fovea::bench::report(name.c_str(), pointer, rounds);
  }
}
