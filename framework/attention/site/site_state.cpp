#include "framework/attention/site/site_state.h"

#include <algorithm>

#include "framework/attention/critic.h"
#include "framework/attention/tiles/listed_pairs.h"
#include "framework/attention/whole_items.h"
#include "framework/core/error.h"
#include "framework/core/registered.h"

namespace fovea {
namespace {

constexpr Extent kMostDraws = 1 << 20;  // of each item: a batch has as many rows for it

}  // namespace

void Site::State::parse(const SiteText& site) {
  SiteParts parts(site);
  text = std::move(parts.text);
  scorer = std::move(parts.scorer);
  pattern = parts.pattern.pattern;
  for (const auto& number : parts.pattern.numbers) {
    const std::string name = "pattern_" + number->name();
    const auto same =
        std::count_if(annealed.begin(), annealed.end(), [&](const auto& known) { return known.first.starts_with(name); });
    annealed.emplace_back(same == 0 ? name : name + "_" + std::to_string(same + 1), number);
  }
  selector = parts.selector.plugin;
  extremes = parts.selector.extremes;
  for (const auto& number : parts.selector.numbers) annealed.emplace_back(number->name(), number);
  estimator = parts.estimator.plugin;
  for (const auto& number : parts.estimator.numbers) {
    if (number->is_whole()) {
      throw Error("estimator " + site.estimator, "'" + number->name() + "' is a whole number that cannot be annealed; '" +
                                                     number->text() + "' came; give a number.");
    }
    annealed.emplace_back("estimator_" + number->name(), number);
  }
}

void Site::State::declare(Builder& builder, Extent query_width, Extent key_width) {
  scorer->declare(builder, query_width, key_width);
  for (const auto& [name, number] : annealed) builder.register_annealed(number, name);
  const auto declare_all = [&](const std::string& scope_name, const std::vector<SiteParameter>& wanted,
                               std::vector<Value>& made) {
    if (wanted.empty()) return;
    const auto scope = builder.scope(scope_name);
    for (const SiteParameter& one : wanted) made.push_back(builder.parameter(one.name, one.shape, one.init));
  };
  int number = 0;
  for (const PairBias* bias : biases_of(*pattern)) {
    declare_all("pattern" + (++number == 1 ? "" : "_" + std::to_string(number)), bias->parameters(), pattern_parameters);
  }
  const auto expect_few = [](const std::string& part, const std::vector<Value>& made, const char* remedy) {
    if (made.size() <= kMostSiteParameters) return;
    throw Error("", "at most " + std::to_string(kMostSiteParameters) + " parameters were expected of a " + part + "; " +
                        std::to_string(made.size()) + " came; " + remedy + ".");
  };
  expect_few("pattern", pattern_parameters, "cross fewer patterns that learn");
  declare_all("selector", parameters_of(*selector), selector_parameters);
  expect_few("selector", selector_parameters, "put several into one");
  if (const auto* critic = half_of<Critic>(*estimator)) {
    declare_all("estimator", critic->parameters(query_width), estimator_parameters);
  }
}

void Site::State::check(const SiteText& site, const std::string& where) const {
  const std::string estimator_name = parse_call(site.estimator).name;
  const std::string problem = misfit(*selector, site.selector, *estimator, estimator_name);
  if (problem.empty()) return;
  throw Error(where, problem + "; use one of: " + fitting_estimators(*selector, site.selector) + ".");
}

void Site::State::check_widths(Extent query_width, Extent key_width) const {
  if (query_width == key_width || taggers_of(*pattern).empty()) return;
  throw Error("", "a pattern that compares queries with keys needs equal widths; queries have " +
                      std::to_string(query_width) + " and keys " + std::to_string(key_width) +
                      "; project one of them or use another pattern.");
}

/// The tags of queries and keys, in turn, of each part of the pattern that makes them.
std::vector<Value> Site::State::tags(Value queries, Value prepared_keys) const {
  const std::vector<const TagChoice*> taggers = taggers_of(*pattern);
  if (taggers.empty()) return {};
  // The last: the same keys may have been prepared with another mask before.
  const auto known = std::find_if(tagged_keys.rbegin(), tagged_keys.rend(), [&](const TaggedKeys& keys) {
    return &keys.prepared.builder() == &prepared_keys.builder() && keys.prepared.slot() == prepared_keys.slot();
  });
  if (known == tagged_keys.rend()) {
    throw Error(path, "keys from prepare_keys of this site were expected, because the pattern of '" + text +
                          "' compares them with queries; others came.");
  }
  std::vector<Value> all;
  for (std::size_t i = 0; i < taggers.size(); ++i) {
    all.push_back(taggers[i]->query_tags(queries.builder(), {.rows = queries}, known->tags[i]));
    all.push_back(known->tags[i].tags);
  }
  return all;
}

// Says how often each item is evaluated. scores [B, M, N]
void Site::State::set_draws(Builder& builder, const Shape& scores, At at) const {
  const EstimatorParts parts = estimator_parts();
  const Estimator::Traits& traits = parts.traits;
  const auto reject = [&](const std::string& fact) { throw at.error(path, fact); };
  if (traits.needs_two_items && scores[2] != 2) {
    reject("an estimator for binary choices needs two candidates; '" + text + "' has " + std::to_string(scores[2]) +
           "; use reinforce");
  }
  if (traits.needs_one_choice && (scores[1] != 1 || builder.is_loop_body())) {
    reject("this estimator needs a site that chooses once for each item of the batch; '" + text + "' chooses " +
           (builder.is_loop_body() ? "in every step of a loop" : std::to_string(scores[1]) + " times") +
           "; use reinforce, with baseline=leave_one_out where it may cost several evaluations");
  }
  int attentions = 0;
  for (const auto& [unused, count] : visits) attentions += count;
  if (traits.needs_one_choice && attentions > 1) {
    reject("this estimator needs a site that chooses once for each item of the batch; '" + text + "' attends " +
           std::to_string(attentions) + " times; use a site for each of them, with reinforce");
  }
  if (advantage_slot < 0) return;
  const Extent draws = parts.draws(*selector, scores[2]);
  if (draws < 1 || draws > kMostDraws) {
    throw Error(path, registered(*estimator) + ", draws: a number from 1 to " + std::to_string(kMostDraws) +
                          " was expected; " + std::to_string(draws) + " came; evaluate each item less often.");
  }
  builder.set_draws(advantage_slot, draws);
}

/// What the estimator learns from the values [B, N, V], in the scope of the attention. In evaluation a site may be built in
/// a way in which it was never trained: then there is nothing.
std::vector<Value> Site::State::item_parameters(Builder& builder, Value values, At at) const {
  const auto* learned = half_of<WholeItems>(*estimator);
  if (learned == nullptr) return {};
  if (values.is_empty() && builder.mode() == Mode::kTrain) {
    throw at.error(path, "an estimator that learns from what is read needs values; none came with '" + text +
                             "'; give values or another estimator");
  }
  if (values.is_empty() || builder.is_loop_body()) return {};
  const std::vector<SiteParameter> wanted = learned->item_parameters(values.shape().last());
  if (wanted.size() > kMostSiteParameters) {
    throw Error(path, "at most " + std::to_string(kMostSiteParameters) + " parameters were expected of an estimator; " +
                          std::to_string(wanted.size()) + " came; put several into one.");
  }
  const auto scope = builder.scope("estimator");
  std::vector<Value> made;
  for (const SiteParameter& one : wanted) {
    made.push_back(builder.parameter(one.name, one.shape, one.init, at));
  }
  return made;
}

/// The scope of one attention: that of the site, relative to the scope of the builder, numbered from the second on.
std::string Site::State::scope_name(const Builder& builder) {
  const std::string here = builder.path();
  std::string name;
  if (here != path) {
    const std::string above = here.empty() ? "" : here + "/";
    const std::size_t slash = path.rfind('/');
    name = path.substr(path.starts_with(above) ? above.size() : slash == std::string::npos ? 0 : slash + 1);
  }
  const int visit = ++visits[here];
  if (visit == 1) return name;
  return (name.empty() ? "again" : name) + "_" + std::to_string(visit);
}

Error Site::State::error_at(At at) const {
  Error error = caught_error("");
  if (error.fact().find("(built at ") != std::string::npos) return error;
  return {error.where().starts_with(path) ? error.where() : error.at(path).where(),
          error.fact() + " (built at " + at.text() + ")"};
}

void Site::State::expect_given(Value value, const std::string& name, At at) const {
  if (value.is_empty()) throw at.error(path, name + " were expected; an empty value came; build them first");
}

/// scores [B, M, N], values [B, N, V] or empty
void Site::State::expect_items(Value scores, Value values, At at) const {
  if (values.is_empty()) return;
  const Shape& given = values.shape();
  if (given.rank() == 3 && given[0] == scores.shape()[0] && given[1] == scores.shape()[2]) return;
  throw at.error(path, "values [B, N, V] of the " + std::to_string(scores.shape()[2]) + " keys of " +
                           std::to_string(scores.shape()[0]) + " rows were expected; " + given.text() +
                           " came; give a value for each key");
}

/// The scope of one attention, and what is the same for all of them.
std::unique_ptr<Builder::Scope> Site::State::enter(Builder& builder, Value values, At at) {
  if (estimator_parts().reads_all() && values.is_empty() && builder.mode() == Mode::kTrain) {
    throw at.error(path, "an estimator that needs the gradient of every weight needs values; none came with '" + text +
                             "'; give values or another estimator");
  }
  const std::string name = scope_name(builder);
  return name.empty() ? nullptr : std::make_unique<Builder::Scope>(builder, name);
}

ChooseParts Site::State::choose_parts(const Scored& inputs, const Builder& builder) {
  return {.pattern = inputs.pattern,
          .selector = selector,
          .estimator = estimator,
          .advantage_slot = advantage_slot,
          .has_mask = !inputs.mask.is_empty(),
          .has_values = !inputs.values.is_empty(),
          .products = builder.products(),
          .selector_parameters = selector_parameters.size(),
          .extremes = extremes,
          .pattern_parameters = pattern_parameters.size(),
          .has_penalty = !std::exchange(has_penalty, true),
          .has_spread = inputs.spread != nullptr};
}

std::vector<Value> Site::State::operands(const Scored& inputs, ChooseParts& parts, At at) const {
  Builder& builder = inputs.scores.builder();
  std::vector<Value> operands{inputs.scores};
  const auto add_all = [&](const std::vector<Value>& more) { operands.insert(operands.end(), more.begin(), more.end()); };
  if (parts.has_mask) operands.push_back(inputs.mask);
  if (parts.has_values) operands.push_back(inputs.values);
  add_all(inputs.tags);
  Value baseline;
  const auto* critic = half_of<Critic>(*estimator);
  if (critic != nullptr && builder.mode() == Mode::kTrain) baseline = critic->baseline(estimator_parameters, inputs.queries);
  parts.has_baseline = !baseline.is_empty();
  if (parts.has_baseline) operands.push_back(baseline);
  add_all(pattern_parameters);
  add_all(selector_parameters);
  const std::vector<Value> made_of_items = item_parameters(builder, inputs.values, at);
  parts.estimator_parameters = made_of_items.size();
  add_all(made_of_items);
  return operands;
}

/// Turns scores into a choice and what it reads.
Attended Site::State::choose(const Scored& inputs, At at) {
  Builder& builder = inputs.scores.builder();
  if (builder.mode() == Mode::kTrain) set_draws(builder, inputs.scores.shape(), at);
  ChooseParts parts = choose_parts(inputs, builder);
  const std::vector<Value> operands = this->operands(inputs, parts, at);
  const std::vector<Value> out = builder.add_all(std::make_shared<ChooseOp>(std::move(parts)), operands, "", at);
  Attended result;
  result.scores = inputs.scores;
  result.weights = out[ChooseOp::kWeights];
  result.kept = out[ChooseOp::kKept];
  result.count = out[ChooseOp::kCount];
  result.log_prob = out[ChooseOp::kLogProb];
  if (!inputs.values.is_empty()) result.read = out[ChooseOp::kRead];
  if (inputs.spread != nullptr) *inputs.spread = out[ChooseOp::kSpread];
  if (!inputs.list.is_empty()) result.kept = builder.add(make_listed_items(), {inputs.list, result.kept}, "kept_items", at);
  builder.register_site(text, {.scores = result.scores,
                               .kept = result.kept,
                               .weights = result.weights,
                               .count = result.count,
                               .log_prob = result.log_prob,
                               .right = inputs.right,
                               .items = inputs.items,
                               .queries = inputs.queries,
                               .heads = inputs.heads});
  return result;
}

}  // namespace fovea
