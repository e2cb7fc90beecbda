#pragma once

#include "framework/attention/estimator.h"

namespace fovea {

/// The half of an estimator that learns a baseline at each site.
class Critic {
 public:
  virtual ~Critic() = default;
  /// The parameters that it learns.
  virtual std::vector<SiteParameter> parameters(Extent query_width) const = 0;
  /// A prediction of the cost for each query, [B, M], which is subtracted from the advantage of its choice and trained to
  /// approach the cost; empty: none. The gradient of the prediction must stop at the parameters.
  virtual Value baseline(std::span<const Value> parameters, Value queries) const = 0;
};

}  // namespace fovea
