#include "framework/attention/site/site.h"

#include <algorithm>
#include <utility>

#include "framework/attention/site/site_state.h"
#include "framework/core/error.h"
#include "framework/graph/functions.h"

namespace fovea {
Site::Site(Builder& builder, std::string_view text, Extent query_width, Extent key_width, At at)
    : state_(std::make_unique<State>()) {
  state_->path = builder.place("site");
  try {
    const SiteText site = SiteText::parse(builder.site_text(text));
    state_->parse(site);
    // In evaluation nothing is trained: a model may choose harder than it did while it learned.
    if (builder.mode() == Mode::kTrain) state_->check(site, "");
    state_->check_widths(query_width, key_width);
    state_->declare(builder, query_width, key_width);
  } catch (...) {
    const Error error = caught_error("");
    if (error.where().starts_with(state_->path)) throw error;
    throw Error(error.at(state_->path).where(), error.fact() + " (built at " + at.text() + ")");
  }
  if (half_of<ScoreFunction>(*state_->estimator) != nullptr) {
    state_->advantage_slot = builder.register_estimator(state_->estimator);
  }
}

Site::~Site() = default;
Site::Site(Site&&) noexcept = default;

bool Site::groups_keys() const {
  const std::vector<const TagChoice*> taggers = taggers_of(*state_->pattern);
  return std::any_of(taggers.begin(), taggers.end(), [](const TagChoice* tagger) { return tagger->groups_keys(); });
}

bool Site::reads_all() const { return state_->estimator_parts().reads_all(); }

const std::string& Site::text() const { return state_->text; }

Value Site::prepare_keys(Value keys, Value mask, At at) {
  state_->expect_given(keys, "keys", at);
  const Builder::BuiltAt line(keys.builder(), at);
  try {
    const Value prepared = state_->scorer->prepare_keys(keys.builder(), keys);
    std::vector<KeyTags> tags;
    for (const TagChoice* tagger : taggers_of(*state_->pattern)) {
      tags.push_back(tagger->key_tags(keys.builder(), {.rows = keys, .mask = mask}));
    }
    if (!tags.empty()) state_->tagged_keys.push_back({prepared, std::move(tags)});
    return prepared;
  } catch (...) {
    throw state_->error_at(at);
  }
}

Value Site::scores(Value queries, Value prepared_keys, At at) {
  state_->expect_given(queries, "queries", at);
  state_->expect_given(prepared_keys, "keys from prepare_keys", at);
  Builder& builder = innermost({queries, prepared_keys}, at);
  const Builder::BuiltAt line(builder, at);
  try {
    return state_->scorer->score(queries.builder(), queries, prepared_keys);
  } catch (...) {
    throw state_->error_at(at);
  }
}

Attended Site::attend(const Inputs& inputs, At at) {
  state_->expect_given(inputs.queries, "queries", at);
  Builder& builder = inputs.queries.builder();
  const Builder::BuiltAt line(builder, at);
  const std::unique_ptr<Builder::Scope> scope = state_->enter(builder, inputs.values, at);
  Value scored = scores(inputs.queries, inputs.prepared_keys, at);
  if (!inputs.sharpness.is_empty()) scored = multiply(scored, unsqueeze(inputs.sharpness, 2, at), at);
  if (!inputs.bias.is_empty()) scored = add(scored, inputs.bias, at);
  state_->expect_items(scored, inputs.values, at);
  return state_->choose({.scores = scored,
                         .queries = inputs.queries,
                         .items = inputs.values,
                         .mask = inputs.mask,
                         .values = inputs.values,
                         .tags = state_->tags(inputs.queries, inputs.prepared_keys),
                         .right = inputs.right,
                         .pattern = state_->pattern},
                        at);
}

}  // namespace fovea
