#include "modules/routing/experts.h"

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "modules/routing/expert_linear.h"

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

}  // namespace

void ExpertsOptions::fields(Options& options) {
  options.add("experts", experts, "feed-forward experts E, >= 1", {.low = 1});
  options.add("hidden", hidden, "hidden width of an expert, >= 1", {.low = 1});
  options.add("activation", activation, "of the hidden layer", {"relu", "gelu", "silu", "tanh"});
  options.add("router", router, "scorer | pattern | selector | estimator");
}

Experts::Experts(Builder& builder, ExpertsOptions options, At at)
    : options_(std::move(options)), site_(router_site(builder, options_, at)) {
  const auto& [experts, width, hidden, activation, router] = options_;
  router_ = builder.parameter("router", {experts, width}, {}, at);
  w1_ = builder.parameter("w1", {experts, hidden, width}, {}, at);
  b1_ = builder.parameter("b1", {experts, hidden}, Init::zero(), at);
  w2_ = builder.parameter("w2", {experts, width, hidden}, {}, at);
  b2_ = builder.parameter("b2", {experts, width}, Init::zero(), at);
}

Value Experts::activated(Value x) const {
  if (options_.activation == "relu") return relu(x);
  if (options_.activation == "gelu") return gelu(x);
  return options_.activation == "silu" ? silu(x) : tanh(x);
}

Experts::Routed Experts::operator()(Value x) {
  const Value keys = site_.prepare_keys(expand_rows(router_, x));
  Routed routed;
  routed.choice = site_.attend({.queries = x, .prepared_keys = keys});
  const Value hidden = activated(expert_linear(x, routed.choice.kept, w1_, b1_));  // [B, M, K, H]
  const Value outputs = expert_linear(hidden, routed.choice.kept, w2_, b2_);       // [B, M, K, D]
  routed.y = sum(multiply(unsqueeze(routed.choice.weights, 3), outputs), 2);
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
