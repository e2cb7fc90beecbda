#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "framework/core/arena.h"
#include "framework/core/path_patterns.h"
#include "framework/graph/plan.h"

namespace fovea {

/// One block of values for all parameters of a model: names to views, each aligned to 64 bytes.
/// Gradients live in blocks of the same layout, one per shard, owned by the trainer.
class ParameterStore {
 public:
  struct Entry {
    std::string path;
    Shape shape;
    Init init;
    std::size_t offset = 0;                   // in Reals
    std::shared_ptr<const double> sign_rate;  // null: moved by the optimizer
    bool is_frozen = false;                   // it does not move
    double decay = 0;                         // share of the values taken off per unit of learning rate

    bool is_optimized() const { return sign_rate == nullptr && !is_frozen; }
  };

  /// The parameters of a graph, its loops included, in the order they were declared.
  explicit ParameterStore(const Graph& graph);

  /// Draws the first values; each parameter uses the stream of its path, so that adding one does not change the others.
  void initialise(std::uint64_t seed);

  const std::vector<Entry>& entries() const { return entries_; }
  const Entry& at(const std::string& path) const;  // Error with the nearest path where there is none
  std::size_t size() const { return size_; }       // Reals in a block, padding included (padding stays 0)
  /// The Reals that the optimizer moves: the first of a block; those with their own rule come after them, then those that do
  /// not move.
  std::size_t optimized() const { return optimized_; }
  std::size_t count() const;  // parameters, padding excluded
  std::span<Real> values();
  std::span<const Real> values() const;
  Tensor view(const std::string& path);

  /// Errors where `graph` has a parameter that is missing here or has another shape.
  void check_covers(const Graph& graph) const;
  /// Moves the parameters that have their own rule: p -= rate sign(g). gradients [size()]
  void step_signs(std::span<const Real> gradients);
  /// Weight decay of the parameters that the optimizer moves, by path.
  /// Errors    a pattern that fits none of them.
  void set_decay(const PathNumbers& decay);
  /// p *= 1 - learning_rate decay, beside whatever optimizer.
  /// Source    Loshchilov and Hutter 2019, arXiv:1711.05101 (decoupled weight decay).
  void decay(double learning_rate);
  /// For Execution: values of this store, gradients that backward writes into `block` (same layout; null: none).
  std::function<ParameterMemory(const std::string&)> memory(Real* block);

 private:
  enum class Rule : std::uint8_t { kOptimizer, kSign, kFrozen };
  static Rule rule_of(const Entry& entry);
  void place(Rule rule);

  std::vector<Entry> entries_;
  std::size_t size_ = 0;
  std::size_t optimized_ = 0;
  Arena arena_;
};

}  // namespace fovea
