#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "framework/experiment.h"
#include "framework/graph/plan.h"
#include "framework/task.h"
#include "framework/train/gradients.h"
#include "framework/train/parameter_store.h"

namespace fovea {

/// Rows [first_row, first_row + rows) of a batch, and the execution that works on them.
struct Shard {
  Extent first_row = 0;
  Extent rows = 0;
  std::unique_ptr<Execution> execution;
};

/// The shards of batches of any shape: a fixed number of rows each, the last one may have fewer. Plans and memory are made
/// when a shape is met for the first time, and kept for the shapes that were used last.
///
/// Errors    an input of the graph that the batch lacks; shapes that do not fit the graph.
class Shards {
 public:
  struct Config {
    std::shared_ptr<const Graph> graph;
    ParameterStore* parameters = nullptr;
    GradientBlocks* gradients = nullptr;  // one block per shard; null: forward only
    Extent shard_rows = 1;
  };
  explicit Shards(Config config);

  /// The shards of this batch, bound to its memory. Valid until the next call.
  std::span<Shard> bind(const Batch& batch);
  static Extent count(Extent rows, Extent shard_rows) { return (rows + shard_rows - 1) / shard_rows; }

  const Graph& graph() const { return *config_.graph; }
  /// What the sites have done since the last call.
  std::map<std::string, Counters> take_counters();

 private:
  struct Shape {
    std::vector<Type> inputs;  // of the whole batch, in the order of input_names_
    std::vector<Shard> shards;
    std::size_t bytes = 0;   // of the arenas
    std::uint64_t used = 0;  // clock_ at the last use
  };
  Shape& shape_of(Extent rows);
  Shape make_shape(Extent rows) const;
  void drop_until_fits(std::size_t bytes);
  void collect(Shape& shape);

  static constexpr std::size_t kMaxBytes = std::size_t{1} << 30U;  // of all arenas; one shape is kept whatever it takes
  Config config_;
  std::vector<std::string> input_names_;
  std::vector<Tensor> inputs_;  // of the batch that is bound
  std::vector<Shape> shapes_;
  std::uint64_t clock_ = 0;
  std::map<std::string, Counters> counters_;  // of shapes that were dropped
};

/// The largest share of a parameter that the setting parameter_dropout may set to 0.
inline constexpr double kMostDropped = 0.999;

/// The graph of a model for inputs of these types, checked and frozen.
std::shared_ptr<const Graph> build_graph(const Model& model, const InputTypes& inputs, Mode mode,
                                         const TrainSettings& settings);

/// The types of `count` rows of a batch of these types.
InputTypes with_rows(const InputTypes& inputs, Extent count);

}  // namespace fovea
