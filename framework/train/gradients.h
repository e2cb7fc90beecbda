#pragma once

#include <span>
#include <vector>

#include "framework/core/arena.h"
#include "framework/train/parameter_store.h"

namespace fovea {

/// The gradient blocks of the shards, and their sum.
///
/// Shapes    blocks of P Reals, laid out like the parameter store; the sum replaces block 0.
class GradientBlocks {
 public:
  /// The norm is that of the first `optimized` elements; by default of all.
  GradientBlocks(Extent shards, std::size_t size, std::size_t optimized);
  GradientBlocks(Extent shards, std::size_t size) : GradientBlocks(shards, size, size) {}

  std::span<Real> block(Extent shard);
  /// Adds blocks 1 to shards - 1 to block 0 in a fixed tree, and returns its norm. The bits depend on the blocks
  /// and their number only.
  double sum(Extent shards);
  std::span<Real> total() { return block(0); }

 private:
  std::size_t size_ = 0;
  std::size_t optimized_ = 0;
  Arena arena_;
  std::vector<double> squares_;  // of each tile
};

/// The root of the sum of squares, in a fixed order; in double whatever Real is.
double norm_of(std::span<const Real> block);

/// Scales the block by max_norm / (norm + 1e-6) where that is below 1.
void clip_norm(std::span<Real> block, double norm, double max_norm);

/// Adds noise of deviation eta / (1 + step)^0.55 to every gradient.
/// Source    Neelakantan et al. 2015, arXiv:1511.06807.
struct GradientNoise {
  double eta = 0;
  std::uint64_t seed = 0;

  void add(std::span<Real> block, const ParameterStore& store, Extent step) const;
};

}  // namespace fovea
