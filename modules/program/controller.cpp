#include "modules/program/controller.h"

namespace fovea::program {
namespace {

Site site_in(Builder& b, const std::string& name, const std::string& text, Extent width) {
  const auto scope = b.scope(name);
  return {b, text, width, width};
}

}  // namespace

void SynthesiserOptions::fields(Options& options) {
  options.add("together", together, "registers seen together, in [1, 4]", {.low = 1, .high = 4});
  options.add("features", features, "width of what is computed from the patterns of a view, >= 1", {.low = 1});
  options.add("hidden", hidden, "width of what is computed from a view, and of a query, >= 1", {.low = 1});
  options.add("site", site, "site of all choices: scorer | pattern | selector | estimator");
  options.add("samples", samples, "programs that are tried on the pairs in evaluation, the first greedy, >= 1", {.low = 1});
  options.add("wrong_bits", wrong_bits, "by reward: cost of the share of wrong bits, >= 0", {.low = 0});
  options.add("length", length, "by reward: cost of an instruction, >= 0", {.low = 0});
  options.add("entropy", entropy, "by reward: bonus for each nat of entropy of the choices, > 0", {.low = 1e-9});
}

Controller::Controller(Builder& b, const SynthesiserOptions& o, const std::string& site, Value like)
    : options_(o), views_(views_of(o.set->registers, o.together)) {
  const Extent h = o.hidden;
  const Extent r = o.set->registers;
  patterns_.emplace(b, "patterns", views_.choices() * views_.patterns(), o.features);
  view_.emplace(b, "view", o.features, h);
  context_.emplace(b, "context", h, h, Bias::kNo);
  again_.emplace(b, "again", h, h, Bias::kNo);
  places_ = b.parameter("places", {views_.count(), h}, Init::normal(0.02));
  members_.emplace(b, "members", h, o.together * h);
  all_.emplace(b, "all", h, h);
  destination_query_.emplace(b, "destination_query", 2 * h, h);
  source_query_.emplace(b, "source_query", 2 * h, h);
  operations_ = b.parameter("operations", {o.set->halt() + 1, h}, Init::normal(0.1));
  destinations_ = b.parameter("destinations", {r, h}, Init::normal(0.02));
  sources_ = b.parameter("sources", {r, h}, Init::normal(0.02));
  to_destinations_ = b.constant("to_destinations", {views_.count() * o.together, r}, destination_members(views_, r));
  to_sources_ = b.constant("to_sources", {views_.count() * o.together, r * r}, source_members(views_, r));
  operation_.emplace(site_in(b, "operation", site, h));
  destination_.emplace(site_in(b, "destination", site, h));
  source_.emplace(site_in(b, "source", site, h));
  prepared_operations_ = operation_->prepare_keys(expand_rows(operations_, like));
}

Controller::Seen Controller::look(Value words, Value wanted) const {
  const Extent r = options_.set->registers;
  const Extent h = options_.hidden;
  const Value features = relu((*patterns_)(bit_patterns(options_.set, words, wanted, views_)));      // [B, V, F]
  const Value view = relu((*view_)(features));                                                       // [B, V, H]
  const Value context = unsqueeze((*context_)(mean(view, 1)), 1);                                    // [B, 1, H]
  const Value joined = relu(add(add((*again_)(view), context), places_));                            // [B, V, H]
  const Value members = transpose(reshape((*members_)(joined), {0, -1, h}), {0, 2, 1});              // [B, H, V together]
  const Value destinations = transpose(matmul(members, to_destinations_), {0, 2, 1});                // [B, R, H]
  const Value sources = reshape(transpose(matmul(members, to_sources_), {0, 2, 1}), {0, r, r * h});  // [B, R, R H]
  return {relu((*all_)(mean(joined, 1))), add(destinations, destinations_), sources};
}

Controller::Pick Controller::operation(const Seen& seen, Value has_halted, Value right) {
  return pick(*operation_, seen.all, prepared_operations_, legal_operations(options_.set, has_halted), right);
}

Controller::Pick Controller::destination(const Seen& seen, Value operation, Value right) {
  const Value legal = legal_destinations(options_.set, operation);
  return pick(*destination_, query(*destination_query_, seen, operation), destination_->prepare_keys(seen.destinations),
              legal, right);
}

Controller::Pick Controller::source(const Seen& seen, Value operation, Value destination, Value right) {
  const Value legal = legal_sources(options_.set, operation, destination);
  const Value told = reshape(gather_items(seen.sources, destination), {0, options_.set->registers, options_.hidden});
  return pick(*source_, query(*source_query_, seen, operation), source_->prepare_keys(add(told, sources_)), legal, right);
}

Value Controller::query(const Linear& layer, const Seen& seen, Value operation) const {
  const Value chosen = matmul(one_hot(operation, options_.set->halt() + 1), operations_);
  return layer(concat({seen.all, chosen}, 1));
}

Controller::Pick Controller::pick(Site& site, Value query, Value prepared, Value legal, Value right) const {
  const Attended attended = site.attend({.queries = unsqueeze(query, 1),
                                         .prepared_keys = prepared,
                                         .mask = legal,
                                         .bias = copies_ > 1 ? sampling_noise(legal, copies_) : Value{},
                                         .right = right.is_empty() ? right : unsqueeze(right, 1)});
  const bool keeps_one = attended.kept.shape().last() == 1;
  return {squeeze(attended.scores, 1), legal, keeps_one ? squeeze(squeeze(attended.kept, 2), 1) : Value{}};
}

}  // namespace fovea::program
