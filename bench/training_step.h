#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "framework/cpu/parallel.h"
#include "framework/train/optimizer.h"
#include "framework/train/shards.h"

namespace fovea::bench {

/// A model with its data, its gradients and its optimizer, as a trainer holds them: whole steps, one batch after the other.
class TrainingStep {
 public:
  struct Settings {
    const char* optimizer = "sgd";
    double learning_rate = 0.01;
    double clip_norm = 0;  // 0: none
    Extent shard_rows = 16;
  };

  TrainingStep(const Model& model, std::vector<Batch> batches, const Settings& settings)
      : settings_(settings), batches_(std::move(batches)) {
    const Extent rows = settings.shard_rows;
    const auto graph = build_graph(model, with_rows(batches_[0].types(), rows), Mode::kTrain, TrainSettings{});
    store_ = std::make_unique<ParameterStore>(*graph);
    store_->initialise(1);
    optimizer_ = Registry<Optimizer>::instance().parse(settings.optimizer).plugin;
    optimizer_->prepare(store_->size());
    gradients_ = std::make_unique<GradientBlocks>(Shards::count(batches_[0].rows(), rows), store_->size());
    shards_ = std::make_unique<Shards>(Shards::Config{graph, store_.get(), gradients_.get(), rows});
    const auto evaluated = build_graph(model, with_rows(batches_[0].types(), rows), Mode::kEvaluate, TrainSettings{});
    outputs_ = std::make_unique<Shards>(Shards::Config{evaluated, store_.get(), nullptr, rows});
  }

  void operator()() {
    const std::span<Shard> shards = bind(*shards_);
    cpu::parallel_for(static_cast<Extent>(shards.size()), [&](Extent i) { train(shards[i], i); });
    const double norm = gradients_->sum(static_cast<Extent>(shards.size()));
    if (settings_.clip_norm > 0) clip_norm(gradients_->total(), norm, settings_.clip_norm);
    optimizer_->step(store_->values(), gradients_->total(), settings_.learning_rate, ++steps_);
  }

  /// Only forward, of the graph for evaluation.
  void evaluate() {
    const std::span<Shard> shards = bind(*outputs_);
    cpu::parallel_for(static_cast<Extent>(shards.size()), [&](Extent i) {
      shards[i].execution->forward({.first_row = static_cast<std::uint32_t>(shards[i].first_row), .mode = Mode::kEvaluate});
    });
  }

  /// Values and gradients between the nodes, of all shards.
  double arena_mib() {
    double total = 0;
    for (const Shard& shard : bind(*shards_))
      total += static_cast<double>(shard.execution->plan().arena_bytes()) / (1 << 20);
    return total;
  }

 private:
  std::span<Shard> bind(Shards& shards) { return shards.bind(batches_[static_cast<std::size_t>(steps_) % batches_.size()]); }

  void train(Shard& shard, Extent number) {
    Execution& execution = *shard.execution;
    const OpContext context{.step = static_cast<std::uint32_t>(steps_),
                            .first_row = static_cast<std::uint32_t>(shard.first_row)};
    execution.forward(context);
    const std::span<Real> block = gradients_->block(number);
    std::fill(block.begin(), block.end(), Real(0));
    execution.clear_output_gradients();
    const Tensor cotangent = execution.output_gradient("cost");
    std::fill_n(cotangent.real(), cotangent.size(), Real(1) / static_cast<Real>(batches_[0].rows()));
    execution.backward(context);
  }

  Settings settings_;
  std::vector<Batch> batches_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<ParameterStore> store_;
  std::unique_ptr<GradientBlocks> gradients_;
  std::unique_ptr<Shards> shards_, outputs_;
  Extent steps_ = 0;
};

}  // namespace fovea::bench
