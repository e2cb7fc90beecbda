#include "modules/routing/experts.h"

#include "framework/core/error.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

Site router_site(Builder& builder, const ExpertsOptions& options, At at) {
  if (options.width < 1) {
    throw Error(builder.path(), "the width of the rows was expected; width is " + std::to_string(options.width) +
                                    "; set it (at " + at.text() + ").");
  }
  const auto scope = builder.scope("route");
  return Site(builder, options.router, options.width, options.width, at);
}

cpu::Products products_of(const Builder& builder, const ExpertsOptions& options) {
  if (options.products == "run") return builder.products();
  return options.products == "bf16" ? cpu::Products::kBf16 : cpu::Products::kFull;
}

}  // namespace

void ExpertsOptions::fields(Options& options) {
  options.add("experts", experts, "feed-forward experts E, >= 1", {.low = 1});
  options.add("hidden", hidden, "hidden width of an expert, >= 1", {.low = 1});
  options.add("activation", activation, "of the hidden layer", {"relu", "gelu", "silu", "tanh"});
  options.add("router", router, "scorer | pattern | selector | estimator");
  options.add("products", products, "rounding of the products of the experts: full, bf16, or run: as the whole run",
              {"run", "full", "bf16"});
}

Experts::Experts(Builder& builder, const ExpertsOptions& options, At at) : site_(router_site(builder, options, at)) {
  const Extent experts = options.experts;
  router_ = builder.parameter("router", {experts, options.width}, {}, at);
  experts_.w1 = builder.parameter("w1", {experts, options.hidden, options.width}, {}, at);
  experts_.b1 = builder.parameter("b1", {experts, options.hidden}, Init::zero(), at);
  experts_.w2 = builder.parameter("w2", {experts, options.width, options.hidden}, {}, at);
  experts_.b2 = builder.parameter("b2", {experts, options.width}, Init::zero(), at);
  experts_.activation = options.activation;
  experts_.products = products_of(builder, options);
}

Experts::Routed Experts::operator()(Value x) {
  const Value keys = site_.prepare_keys(expand_rows(router_, x));
  Routed routed;
  routed.choice = site_.attend({.queries = x, .prepared_keys = keys});
  routed.y = expert_feed_forward(x, routed.choice.kept, routed.choice.weights, experts_);
  return routed;
}

Value Experts::importance_loss(const Attended& choice) {
  const Value by_expert = transpose(choice.scores, {0, 2, 1});                             // [B, E, M], for its extents
  const Value importance = sum(scatter_items(choice.weights, choice.kept, by_expert), 1);  // [B, E]
  const Value average = mean(importance, 1);                                               // [B]
  const Value variance = mean(square(subtract(importance, unsqueeze(average, 1))), 1);     // [B]
  return divide(variance, square(average));
}

Value Experts::switch_loss(const Attended& choice) {
  const Value share = mean(one_hot_like(argmax(choice.scores), choice.scores), 1);  // [B, E]
  const Value probability = mean(softmax(choice.scores), 1);                        // [B, E]
  return scale(sum(multiply(share, probability), 1), static_cast<double>(choice.scores.shape().last()));
}

// log(sum exp(s)) = s_0 - log_softmax(s)_0
Value Experts::z_loss(const Attended& choice) {
  const Value log_partition = slice(subtract(choice.scores, log_softmax(choice.scores)), 2, 0, 1);
  return mean_all_but_first(square(log_partition));
}

}  // namespace fovea
