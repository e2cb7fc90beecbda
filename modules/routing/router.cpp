#include "modules/routing/router.h"

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "modules/routing/assign.h"
#include "modules/routing/balance.h"

namespace fovea {

void RouterOptions::fields(Options& options) {
  options.add("experts", experts, "experts E, >= 1", {.low = 1});
  options.add("site", site, "site of the router: scorer | pattern | selector | estimator");
  options.add("policy", policy, "how rows are shared out: see fovea list policy");
  options.add("gate", gate, "what weighs an expert: the site's weight, sigmoid of the score, or 1",
              {"site", "sigmoid", "one"});
  options.add("importance_loss", importance_loss, "weight of CV^2 of the experts' weights, >= 0", {.low = 0});
  options.add("load_loss", load_loss, "weight of CV^2 of the load of noisy scores, >= 0", {.low = 0});
  options.add("balance_loss", balance_loss, "weight of E sum of share times mean probability, >= 0", {.low = 0});
  options.add("z_loss", z_loss, "weight of the squared log-partition of the scores, >= 0", {.low = 0});
}

Router::Router(Builder& builder, RouterOptions options, At at)
    : options_(std::move(options)), path_(builder.place("router")) {
  Made<RoutingPolicy> made = Registry<RoutingPolicy>::instance().parse(options_.policy);
  policy_text_ = std::move(made.text);
  policy_ = std::move(made.plugin);
  traits_ = policy_->traits();
  check(builder, at);
  if (traits_.has_site) {
    {
      const auto scope = builder.scope("route");
      site_.emplace(builder, options_.site, options_.width, options_.width, at);
    }
    if (options_.keys == RouterOptions::Keys::kLearned) {
      keys_ = builder.parameter("router", {options_.experts, options_.width}, {}, at);
    }
  }
  noise_ = policy_->noise(builder, options_.experts, options_.width);
  bias_ = policy_->bias(builder, options_.experts);
}

void Router::check(const Builder& builder, At at) const {
  const auto fail = [&](const std::string& fact) { throw at.error(builder.place("router"), fact); };
  if (options_.width < 1) {
    fail("the width of the rows was expected; width is " + std::to_string(options_.width) + "; set it");
  }
  const bool has_score_loss =
      options_.importance_loss > 0 || options_.load_loss > 0 || options_.balance_loss > 0 || options_.z_loss > 0;
  if (!traits_.has_site && has_score_loss) {
    fail("a policy with scores was expected for a loss of balance; '" + policy_text_ +
         "' has none; set the losses to 0 or choose another policy");
  }
}

Router::Noise Router::noise_of(Value x, At at) const {
  if (noise_.is_empty()) return {};
  const Value deviation = softplus(linear(x, noise_, {}, at), at);
  return {multiply(normal_like(deviation, at), deviation, at), deviation};
}

Value Router::given_keys(const Inputs& inputs, At at) const {
  if (!inputs.keys.is_empty() && inputs.keys.shape().rank() == 3 && inputs.keys.shape()[1] == options_.experts) {
    return inputs.keys;
  }
  const std::string came = inputs.keys.is_empty() ? "none came" : inputs.keys.shape().text() + " came";
  throw at.error(
      path_, "keys [B, " + std::to_string(options_.experts) + ", D] were expected; " + came + "; give one for each expert");
}

/// [B, M, E], 0 for what the site does not keep. keys [B, E, D]
Value Router::gates_of(const Attended& choice, Value keys, At at) const {
  if (options_.gate == "site") return scatter_items(choice.weights, choice.kept, keys, at);
  const Value ones = to_real(full_index(choice.kept, 3, 1, at), at);
  const Value offered = scatter_items(ones, choice.kept, keys, at);
  return options_.gate == "one" ? offered : multiply(sigmoid(choice.scores, at), offered, at);
}

Router::Routed Router::operator()(const Inputs& inputs, At at) {
  if (traits_.reads_ids && inputs.ids.is_empty()) {
    throw at.error(path_,
                   "ids of the rows were expected by the policy '" + policy_text_ + "'; none came; give ids, Index [B, M]");
  }
  Builder& builder = inputs.x.builder();
  Routed routed;
  Noise noise;
  Value gates;
  if (traits_.has_site) {
    noise = noise_of(inputs.x, at);
    const Value keys = keys_.is_empty() ? given_keys(inputs, at) : expand_rows(keys_, inputs.x, at);
    const Value prepared = site_->prepare_keys(keys);
    routed.choice = site_->attend({.queries = inputs.x, .prepared_keys = prepared, .bias = noise.sum}, at);
    gates = gates_of(routed.choice, keys, at);
  }
  const Extent offered = traits_.has_site ? routed.choice.kept.shape().last() : options_.experts;
  const Assigned assigned =
      assign(policy_, {.gates = gates, .scores = routed.choice.scores, .bias = bias_, .ids = inputs.ids},
             {.experts = options_.experts, .offered = offered}, at);
  if (!traits_.has_site) gates = sum(one_hot(assigned.kept, options_.experts, at), 2, at);
  routed.kept = assigned.kept;
  routed.count = assigned.count;
  routed.wanted = assigned.wanted;
  routed.dropped = assigned.dropped;
  routed.weights = pick(gates, routed.kept, at);
  if (traits_.is_normalised) {
    const Value total = sum(pick(gates, routed.wanted, at), 2, at);  // [B, M]
    routed.weights = divide(routed.weights, unsqueeze(add_scalar(total, 1e-9, at), 2), at);
  }
  routed.loss = loss_of(routed, noise, at);
  publish(builder, routed, gates, at);
  return routed;
}

Value Router::loss_of(const Routed& routed, const Noise& noise, At at) const {
  Value total;
  const auto include = [&](double weight, const auto& loss) {
    if (!(weight > 0)) return;
    const Value term = scale(loss(), weight, at);
    total = total.is_empty() ? term : add(total, term, at);
  };
  const Value scores = routed.choice.scores;
  include(options_.importance_loss, [&] { return importance_loss(routed.kept, routed.weights, scores, at); });
  include(options_.balance_loss, [&] { return balance_loss(routed.wanted, scores, at); });
  include(options_.z_loss, [&] { return z_loss(scores, at); });
  include(options_.load_loss, [&] {
    if (noise.sum.is_empty()) {
      throw Error(path_, "a policy with noise was expected for the loss of the load; '" + policy_text_ +
                             "' came; use noisy_top_k or load_loss=0.");
    }
    const NoisyScores noisy{.clean = subtract(scores, noise.sum, at), .noisy = scores, .deviation = noise.deviation};
    return load_loss(noisy, routed.kept.shape().last(), at);
  });
  return total;
}

/// What rows get is published like the choice of a site, beside what the site itself offers.
void Router::publish(Builder& builder, const Routed& routed, Value gates, At /*at*/) const {
  const auto scope = builder.scope("assign");
  builder.register_site(policy_text_, {.scores = gates,
                                       .kept = routed.kept,
                                       .weights = routed.weights,
                                       .count = routed.count,
                                       .log_prob = {},
                                       .right = {},
                                       .dropped = routed.dropped,
                                       .queries = gates});
}

}  // namespace fovea
