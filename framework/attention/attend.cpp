#include "framework/attention/attend.h"

#include <algorithm>
#include <map>
#include <utility>

#include "framework/attention/choose_op.h"
#include "framework/attention/site_parts.h"
#include "framework/core/error.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

std::string place_of(const Builder& builder) { return builder.path().empty() ? "site" : builder.path(); }

}  // namespace

struct Site::State {
  std::string path;
  std::string text;
  std::unique_ptr<Scorer> scorer;
  std::shared_ptr<const Pattern> pattern;
  std::shared_ptr<const Selector> selector;
  std::vector<std::shared_ptr<const Selector>> extremes;
  std::shared_ptr<Estimator> estimator;
  std::vector<std::pair<std::string, std::shared_ptr<Annealed>>> annealed;  // with the name of each
  std::vector<Value> pattern_parameters;
  std::vector<Value> selector_parameters;
  std::vector<Value> estimator_parameters;
  bool has_penalty = false;  // an attention adds what the pattern asks for
  int advantage_slot = -1;
  std::map<std::string, int> visits;  // by path, to tell apart several attentions of one site

  struct TaggedKeys {
    Value prepared;
    std::vector<Value> tags;  // one for each of `taggers_of` the pattern
  };
  std::vector<TaggedKeys> tagged_keys;

  void parse(const SiteText& site);
  void declare(Builder& builder, Extent query_width, Extent key_width);
  void set_draws(Builder& builder, const Shape& scores, At at) const;
  void check(const SiteText& site, const std::string& where) const;
  void check_widths(Extent query_width, Extent key_width) const;
  std::vector<Value> tags(Value queries, Value prepared_keys) const;
  std::vector<Value> item_parameters(Builder& builder, Value values, At at) const;
  std::string scope_name(const Builder& builder);
};

void Site::State::parse(const SiteText& site) {
  text = site.text();
  scorer = Registry<Scorer>::instance().parse(site.scorer);
  const PatternExpression pairs = parse_pattern(site.pattern);
  pattern = pairs.pattern;
  for (const auto& number : pairs.numbers) {
    const std::string name = "pattern_" + number->name();
    const auto same =
        std::count_if(annealed.begin(), annealed.end(), [&](const auto& known) { return known.first.starts_with(name); });
    annealed.emplace_back(same == 0 ? name : name + "_" + std::to_string(same + 1), number);
  }
  const SitePart<Selector> chosen(site.selector);
  selector = chosen.plugin;
  extremes = extremes_of(chosen, site.selector);
  for (const auto& number : chosen.call.numbers) annealed.emplace_back(number->name(), number);
  const SitePart<Estimator> passed(site.estimator);
  estimator = passed.plugin;
  for (const auto& number : passed.call.numbers) {
    if (number->is_whole()) {
      throw Error("estimator " + site.estimator, "'" + number->name() + "' is a whole number that stays as it is; '" +
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
  for (const Pattern* weigher : weighers_of(*pattern)) {
    declare_all("pattern" + (++number == 1 ? "" : "_" + std::to_string(number)), weigher->parameters(), pattern_parameters);
  }
  const auto expect_few = [](const std::string& part, const std::vector<Value>& made, const char* remedy) {
    if (made.size() <= kMostSiteParameters) return;
    throw Error("", "at most " + std::to_string(kMostSiteParameters) + " parameters were expected of a " + part + "; " +
                        std::to_string(made.size()) + " came; " + remedy + ".");
  };
  expect_few("pattern", pattern_parameters, "cross fewer patterns that learn");
  declare_all("selector", selector->parameters(), selector_parameters);
  expect_few("selector", selector_parameters, "put several into one");
  declare_all("estimator", estimator->parameters(query_width), estimator_parameters);
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
  const std::vector<const Pattern*> taggers = taggers_of(*pattern);
  if (taggers.empty()) return {};
  const auto known = std::find_if(tagged_keys.begin(), tagged_keys.end(), [&](const TaggedKeys& keys) {
    return &keys.prepared.builder() == &prepared_keys.builder() && keys.prepared.slot() == prepared_keys.slot();
  });
  if (known == tagged_keys.end()) {
    throw Error(path, "keys from prepare_keys of this site were expected, because the pattern of '" + text +
                          "' compares them with queries; others came.");
  }
  std::vector<Value> all;
  for (std::size_t i = 0; i < taggers.size(); ++i) {
    all.push_back(taggers[i]->tags(queries.builder(), queries));
    all.push_back(known->tags[i]);
  }
  return all;
}

Site::Site(Builder& builder, std::string_view text, Extent query_width, Extent key_width, At at)
    : state_(std::make_unique<State>()) {
  state_->path = place_of(builder);
  try {
    const SiteText site = SiteText::parse(builder.site_text(text));
    state_->parse(site);
    // In evaluation nothing is trained: a model may choose harder than it did while it learned.
    if (builder.mode() == Mode::kTrain) state_->check(site, "");
    state_->check_widths(query_width, key_width);
    state_->declare(builder, query_width, key_width);
  } catch (const Error& error) {
    if (error.where().starts_with(state_->path)) throw;
    throw Error(error.at(state_->path).where(), error.fact() + " (built at " + at.text() + ")");
  }
  if (state_->estimator->traits().has_score_function) {
    state_->advantage_slot = builder.register_estimator(state_->estimator);
  }
}

Site::~Site() = default;
Site::Site(Site&&) noexcept = default;

const std::string& Site::text() const { return state_->text; }

Value Site::prepare_keys(Value keys) {
  const Value prepared = state_->scorer->prepare_keys(keys.builder(), keys);
  std::vector<Value> tags;
  for (const Pattern* tagger : taggers_of(*state_->pattern)) tags.push_back(tagger->tags(keys.builder(), keys));
  if (!tags.empty()) state_->tagged_keys.push_back({prepared, std::move(tags)});
  return prepared;
}

Value Site::scores(Value queries, Value prepared_keys) {
  return state_->scorer->score(queries.builder(), queries, prepared_keys);
}

// Says how often each item is evaluated. scores [B, M, N]
void Site::State::set_draws(Builder& builder, const Shape& scores, At at) const {
  const Estimator::Traits traits = estimator->traits();
  const auto reject = [&](const std::string& fact) { throw Error(path, fact + " (built at " + at.text() + ")."); };
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
  if (advantage_slot >= 0) builder.set_draws(advantage_slot, estimator->draws(*selector, scores[2]));
}

/// What the estimator learns of the values [B, N, V], in the scope of the attention. In evaluation a site may be built as it
/// was never trained: then there is nothing.
std::vector<Value> Site::State::item_parameters(Builder& builder, Value values, At at) const {
  if (!estimator->traits().pulls_items) return {};
  if (values.is_empty() && builder.mode() == Mode::kTrain) {
    throw Error(path, "an estimator that learns from what is read needs values; none came with '" + text +
                          "'; give values or another estimator (built at " + at.text() + ").");
  }
  if (values.is_empty() || builder.is_loop_body()) return {};
  const std::vector<SiteParameter> wanted = estimator->item_parameters(values.shape().last());
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

/// The scope of one attention: that of the site, seen from where the builder stands, numbered from the second on.
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

Attended Site::attend(const Inputs& inputs, At at) {
  Builder& builder = inputs.queries.builder();
  if (!state_->estimator->reads_kept_only() && inputs.values.is_empty() && builder.mode() == Mode::kTrain) {
    throw Error(state_->path, "an estimator that needs the gradient of every weight needs values; none came with '" +
                                  state_->text + "'; give values or another estimator (built at " + at.text() + ").");
  }
  std::unique_ptr<Builder::Scope> scope;
  const std::string name = state_->scope_name(builder);
  if (!name.empty()) scope = std::make_unique<Builder::Scope>(builder, name);

  Attended result;
  result.scores = scores(inputs.queries, inputs.prepared_keys);
  if (!inputs.sharpness.is_empty()) result.scores = multiply(result.scores, unsqueeze(inputs.sharpness, 2, at), at);
  if (!inputs.bias.is_empty()) result.scores = add(result.scores, inputs.bias, at);
  if (builder.mode() == Mode::kTrain) state_->set_draws(builder, result.scores.shape(), at);
  std::vector<Value> operands{result.scores};
  if (!inputs.mask.is_empty()) operands.push_back(inputs.mask);
  if (!inputs.values.is_empty()) operands.push_back(inputs.values);
  for (const Value& tag : state_->tags(inputs.queries, inputs.prepared_keys)) operands.push_back(tag);
  Value baseline;
  if (builder.mode() == Mode::kTrain) baseline = state_->estimator->baseline(state_->estimator_parameters, inputs.queries);
  if (!baseline.is_empty()) operands.push_back(baseline);
  operands.insert(operands.end(), state_->pattern_parameters.begin(), state_->pattern_parameters.end());
  operands.insert(operands.end(), state_->selector_parameters.begin(), state_->selector_parameters.end());
  const std::vector<Value> item_parameters = state_->item_parameters(builder, inputs.values, at);
  operands.insert(operands.end(), item_parameters.begin(), item_parameters.end());
  ChooseParts parts{.pattern = state_->pattern,
                    .selector = state_->selector,
                    .estimator = state_->estimator,
                    .advantage_slot = state_->advantage_slot,
                    .has_mask = !inputs.mask.is_empty(),
                    .has_values = !inputs.values.is_empty(),
                    .products = builder.products(),
                    .has_baseline = !baseline.is_empty(),
                    .selector_parameters = state_->selector_parameters.size(),
                    .extremes = state_->extremes,
                    .pattern_parameters = state_->pattern_parameters.size(),
                    .has_penalty = !std::exchange(state_->has_penalty, true),
                    .estimator_parameters = item_parameters.size()};
  const std::vector<Value> out = builder.add_all(std::make_shared<ChooseOp>(std::move(parts)), operands, "", at);
  result.weights = out[ChooseOp::kWeights];
  result.kept = out[ChooseOp::kKept];
  result.count = out[ChooseOp::kCount];
  result.log_prob = out[ChooseOp::kLogProb];
  if (!inputs.values.is_empty()) result.read = out[ChooseOp::kRead];
  builder.register_site(state_->text, {.scores = result.scores,
                                       .kept = result.kept,
                                       .weights = result.weights,
                                       .count = result.count,
                                       .log_prob = result.log_prob,
                                       .right = inputs.right});
  return result;
}

}  // namespace fovea
