#include "modules/routing/expert_feed_forward.h"

#include "framework/core/error.h"
#include "modules/routing/expert_linear.h"

namespace fovea {
namespace {

Value activated(Value x, const std::string& activation) {
  if (activation == "relu") return relu(x);
  if (activation == "gelu") return gelu(x);
  if (activation == "silu") return silu(x);
  if (activation == "tanh") return tanh(x);
  throw Error("expert_feed_forward",
              "an activation relu, gelu, silu or tanh was expected; '" + activation + "' came; take one of these.");
}

Value bias_of(Value bias, Value weight, const char* name) {
  if (!bias.is_empty()) return bias;
  const Shape shape = weight.shape().without(-1);
  return weight.builder().constant(name, shape, std::vector<Real>(static_cast<std::size_t>(shape.size())));
}

}  // namespace

Value expert_feed_forward(Value x, Value kept, Value weights, const FeedForwardExperts& experts, At at) {
  const Value b1 = bias_of(experts.b1, experts.w1, "no_b1");
  const Value b2 = bias_of(experts.b2, experts.w2, "no_b2");
  const Value hidden = activated(expert_linear(x, kept, experts.w1, b1, at), experts.activation);  // [B, M, K, H]
  const Value outputs = expert_linear(hidden, kept, experts.w2, b2, at);                           // [B, M, K, D]
  return sum(multiply(unsqueeze(weights, 3), outputs), 2);
}

}  // namespace fovea
