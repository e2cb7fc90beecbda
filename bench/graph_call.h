#pragma once

#include <memory>
#include <string>

#include "framework/cpu/parallel.h"
#include "framework/graph/plan.h"
#include "framework/train/gradients.h"
#include "framework/train/parameter_store.h"

namespace fovea::bench {

/// A graph with its own parameters, as a trainer holds them. A step runs forward, and pulls back a random cotangent of one
/// output.
class GraphCall {
 public:
  GraphCall(const std::shared_ptr<const Graph>& graph, std::string output)
      : store_(*graph), gradients_(1, store_.size()), output_(std::move(output)) {
    store_.initialise(1);
    execution_ = std::make_unique<Execution>(Plan::compile(graph, {}, Plan::Passes::kBackward),
                                             store_.memory(gradients_.total().data()));
    const Extent size = execution_->output(output_).size();
    cotangent_ = Arena(static_cast<std::size_t>(size) * sizeof(Real));
    Rng({.seed = 1}).fill_normal({cotangent(), static_cast<std::size_t>(size)});
  }

  Execution& execution() { return *execution_; }
  void forward() { execution_->forward({.seed = 1}); }
  void backward() {
    const Tensor gradient = execution_->output_gradient(output_);
    cpu::parallel_tiles(gradient.size(), 1 << 16, [&](Extent begin, Extent end, Extent /*number*/) {
      std::copy(cotangent() + begin, cotangent() + end, gradient.real() + begin);
    });
    execution_->backward({.seed = 1});
  }
  void operator()() {
    forward();
    backward();
  }

  /// Values and gradients between the nodes.
  double arena_mib() const { return static_cast<double>(execution_->plan().arena_bytes()) / (1 << 20); }

 private:
  Real* cotangent() const { return reinterpret_cast<Real*>(cotangent_.data()); }

  ParameterStore store_;
  GradientBlocks gradients_;
  std::string output_;
  std::unique_ptr<Execution> execution_;
  Arena cotangent_;
};

}  // namespace fovea::bench
