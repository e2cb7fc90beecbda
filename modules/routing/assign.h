#pragma once

#include <memory>

#include "framework/graph/functions.h"
#include "modules/routing/policy.h"

namespace fovea {

/// Which experts the rows of each batch element get, by a policy. All Index.
struct Assigned {
  Value wanted;   // [B, M, K], best first; -1: none
  Value kept;     // [B, M, K], in the first `count` places; -1 past them
  Value count;    // [B, M]
  Value dropped;  // [B, M]
};
/// Shapes    gates [B, M, E], scores [B, M, E] and bias [E] where the policy has them, ids Index [B, M] likewise; `like`
///           gives B and M where there are no gates. `experts` is E, `offered` the most that the site offers a row.
/// Gradient  none; a bias gets E load - (sum of load), the load being what the rows wanted.
struct AssignInputs {
  Value gates{};
  Value scores{};
  Value bias{};
  Value ids{};
};
struct AssignSizes {
  Extent experts = 0;
  Extent offered = 0;
};
Assigned assign(std::shared_ptr<const RoutingPolicy> policy, const AssignInputs& inputs, AssignSizes sizes,
                At at = At::here());

/// y_k = x_(kept_k) along the last axis, 0 where kept is -1: x [B, M, E], kept Index [B, M, K] -> [B, M, K].
/// Gradient  exact.
Value pick(Value x, Value kept, At at = At::here());

/// Standard normal numbers of the shape of x [B, ...], in training; 0 in evaluation. No gradient.
Value normal_like(Value x, At at = At::here());

}  // namespace fovea
