#pragma once

#include <memory>
#include <string>

#include "framework/core/rng.h"
#include "framework/train/gradients.h"
#include "framework/train/shards.h"

namespace fovea {

/// The gradient of the whole model of a run on a few items, at a random point, against differences of its cost.
///
/// Solves    cost = sum over rows of cotangent * cost, with random cotangents. For each parameter: a random direction, in
///           which every entry takes part, and a few entries, some of all and some of those whose gradient is not 0.
class GradientCheck {
 public:
  explicit GradientCheck(const RunSpec& run);

  /// The first site whose estimator does not give the exact gradient of the cost, as "'estimator' at path"; empty: none.
  std::string inexact() const;

  struct Result {
    double error = 0;  // the largest of all slopes, as slope_error gives it
    std::string parameter;
    int slopes = 0;
    int jumps = 0;  // slopes that cannot be measured
  };
  /// Meaningful in double only, and once.
  Result run();

 private:
  using Entry = ParameterStore::Entry;
  void check(const Entry& entry);
  void check_along(const Entry& entry, std::size_t begin, std::span<const Real> direction);
  std::span<Real> values_of(const Entry& entry);
  std::span<const Real> gradients_of(const Entry& entry);
  double cost();
  void backward();

  static constexpr Extent kRows = 3;
  std::uint64_t seed_;
  Rng rng_;
  Batch batch_;
  std::shared_ptr<const Graph> graph_;
  std::unique_ptr<ParameterStore> store_;
  std::unique_ptr<GradientBlocks> gradients_;
  std::unique_ptr<Shards> shards_;
  double cotangents_[kRows] = {};
  double cost_ = 0;      // at this point
  double rounding_ = 0;  // of a cost
  double largest_ = 0;   // gradient
  Result result_;
};

}  // namespace fovea
