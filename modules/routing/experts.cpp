#include "modules/routing/experts.h"

#include "framework/graph/functions.h"

namespace fovea {
namespace {

cpu::Products products_of(const Builder& builder, const ExpertsOptions& options) {
  if (options.products == "run") return builder.products();
  return options.products == "bf16" ? cpu::Products::kBf16 : cpu::Products::kFull;
}

}  // namespace

void ExpertsOptions::fields(Options& options) {
  route.fields(options);
  options.add("expert_hidden", hidden, "hidden width of an expert, >= 1", {.low = 1});
  options.add("expert_activation", activation, "of the hidden layer of an expert", {"relu", "gelu", "silu", "tanh"});
  options.add("expert_products", products, "rounding of the products of the experts: full, bf16, or run: as the whole run",
              {"run", "full", "bf16"});
}

Experts::Experts(Builder& builder, const ExpertsOptions& options, At at) : router_(builder, options.route, at) {
  const Extent experts = options.route.experts;
  const Extent width = options.route.width;
  experts_.w1 = builder.parameter("w1", {experts, options.hidden, width}, {}, at);
  experts_.b1 = builder.parameter("b1", {experts, options.hidden}, Init::zero(), at);
  experts_.w2 = builder.parameter("w2", {experts, width, options.hidden}, {}, at);
  experts_.b2 = builder.parameter("b2", {experts, width}, Init::zero(), at);
  experts_.activation = options.activation;
  experts_.products = products_of(builder, options);
}

Experts::Result Experts::operator()(const Router::Inputs& inputs, At at) {
  Result result;
  result.routed = router_(inputs, at);
  result.y = expert_feed_forward(inputs.x, result.routed.kept, result.routed.weights, experts_, at);
  return result;
}

}  // namespace fovea
