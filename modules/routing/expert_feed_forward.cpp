#include "modules/routing/expert_feed_forward.h"

#include "framework/core/error.h"
#include "modules/routing/experts/expert_layers.h"

namespace fovea {
namespace {

ExpertLayers::Activation activation_of(const std::string& name) {
  using Activation = ExpertLayers::Activation;
  if (name == "relu") return Activation::kRelu;
  if (name == "gelu") return Activation::kGelu;
  if (name == "silu") return Activation::kSilu;
  if (name == "tanh") return Activation::kTanh;
  throw Error("expert_feed_forward",
              "an activation relu, gelu, silu or tanh was expected; '" + name + "' came; take one of these.");
}

}  // namespace

Value expert_feed_forward(Value x, Value kept, Value weights, const FeedForwardExperts& experts, At at) {
  if (experts.b1.is_empty() != experts.b2.is_empty()) {
    throw Error("expert_feed_forward", "two biases or none were expected; one came; give both or leave both out.");
  }
  ExpertLayers layers;
  layers.activation = activation_of(experts.activation);
  layers.has_bias = !experts.b1.is_empty();
  layers.products = experts.products;
  std::vector<Value> inputs{x, kept, weights, experts.w1, experts.w2};
  if (layers.has_bias) inputs.insert(inputs.end(), {experts.b1, experts.b2});
  return innermost(inputs, at).add(make_expert_layers(layers), inputs, "", at);
}

}  // namespace fovea
