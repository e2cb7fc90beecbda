#pragma once

#include <span>
#include <vector>

#include "framework/core/registry.h"

namespace fovea {

/// Turns a gradient into a step of the parameters, over the one block that holds them all.
///
/// A plugin: one file in modules/optimizers, ended by FOVEA_OPTIMIZER("name", Class, R"doc(docstring)doc"). Elements are
/// independent of each other; work is split with cpu::parallel_tiles over tiles of kTile.
class Optimizer {
 public:
  static constexpr const char* kKind = "optimizer";
  static constexpr Extent kTile = 16384;  // elements of one task

  virtual ~Optimizer() = default;
  virtual void fields(Options& options);
  /// Checks the options together, after parsing. Errors: Error with the fact.
  virtual void check() const {}
  /// Makes the state for blocks of `size` elements, as it is before the first step.
  virtual void prepare(std::size_t size) = 0;
  /// values -= ...; both spans have the size given to `prepare`. The first step has number 1. Where a value, its gradient
  /// and its state are 0, the value stays 0: blocks are padded.
  virtual void step(std::span<Real> values, std::span<const Real> gradients, double learning_rate, Extent number) = 0;
  /// What a checkpoint keeps; always the same spans, once prepared.
  virtual std::vector<std::span<Real>> state() { return {}; }
};

template <>
Registry<Optimizer>& Registry<Optimizer>::instance();

}  // namespace fovea

#define FOVEA_OPTIMIZER(name, Class, doc) FOVEA_REGISTER(::fovea::Optimizer, name, Class, doc)
