#include "framework/graph/marginal.h"

#include "framework/ops/marginal.h"

namespace fovea {

Value marginal_cost(Value scores, Value log_likelihoods, Value targets, Value mask, At at) {
  std::vector<Value> inputs{scores, log_likelihoods, targets};
  if (!mask.is_empty()) inputs.push_back(mask);
  return innermost(inputs, at).add(make_marginal_cost(), inputs, "", at);
}

Value mixture_cost(Value weights, Value log_likelihoods, Value targets, At at) {
  const std::vector<Value> inputs{weights, log_likelihoods, targets};
  return innermost(inputs, at).add(make_mixture_cost(), inputs, "", at);
}

}  // namespace fovea
