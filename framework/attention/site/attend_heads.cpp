#include <algorithm>

#include "framework/attention/given.h"
#include "framework/attention/pattern_text.h"
#include "framework/attention/site/site_state.h"
#include "framework/attention/tiles/attend_tiles.h"
#include "framework/attention/tiles/listed_pairs.h"
#include "framework/attention/whole_items.h"
#include "framework/core/error.h"
#include "framework/graph/functions.h"

// Attention of several heads of one site in tiles.
namespace fovea {
namespace {

// [B, M, H D] -> [B, H M, D]
Value head_after_head(Value x, Extent heads, At at) {
  const Shape& shape = x.shape();
  const Value split = reshape(x, {shape[0], shape[1], heads, shape[2] / heads}, at);
  return reshape(transpose(split, {0, 2, 1, 3}, at), {shape[0], heads * shape[1], shape[2] / heads}, at);
}

// The items that exist in all of these patterns, which are parts of `whole` and live as long as it does.
PairIntervals common_pairs(const std::vector<const Pattern*>& places, std::shared_ptr<const Pattern> whole) {
  return [places, whole = std::move(whole)](Extent query, Extent queries, Extent items, ItemIntervals& out) {
    append_items(0, items, out);
    for (const Pattern* place : places) {
      const ItemIntervals before = std::exchange(out, {});
      append_intersection(before, candidates_of(*place, query, queries, items), out);
    }
  };
}

BestPairs best_pairs(const TileChoice& choice) { return {choice.best, choice.margin}; }

bool is_of_pattern(const std::pair<std::string, std::shared_ptr<Annealed>>& number) {
  return number.first.starts_with("pattern_");
}

/// What a pattern chooses while its annealed numbers change.
struct ChoiceRange {
  Extent most = 0;       // items or blocks
  bool is_fixed = true;  // nothing of the choice changes
};
ChoiceRange range_of(const DataChoice& chooser,
                     const std::vector<std::pair<std::string, std::shared_ptr<Annealed>>>& numbers) {
  const TileChoice now = *chooser.tile_choice();
  ChoiceRange range{.most = now.best};
  for (const auto& number : numbers) {
    if (!is_of_pattern(number)) continue;
    const double value = number.second->value();
    const Bounds bounds = number.second->annealing().range();
    for (const double end : {bounds.low, bounds.high}) {
      number.second->store(end);
      const TileChoice then = *chooser.tile_choice();
      range.most = std::max(range.most, then.best);
      range.is_fixed = range.is_fixed && then.best == now.best && then.margin == now.margin && then.block == now.block;
    }
    number.second->store(value);
  }
  return range;
}

}  // namespace

double Site::State::dot_factor(Value queries, Extent heads) const {
  const double factor = scorer->dot_factor(queries.shape().last() / std::max<Extent>(heads, 1));
  if (factor > 0) return factor;
  throw Error(path, "a scorer that is a dot product with a fixed factor was expected in tiles, dot or scaled_dot; '" + text +
                        "' came; change the scorer, or let every head be a site of its own.");
}

/// The selector as it is built: none of its numbers, or of the estimator's, changes, and the gradient is its own.
bool Site::State::is_plain(const Builder& builder) const {
  const bool is_exact = estimator->traits().needs_derivative || builder.mode() == Mode::kEvaluate;
  return is_exact && std::all_of(annealed.begin(), annealed.end(), is_of_pattern);
}

bool Site::State::is_soft_by_place(const Builder& builder) const {
  return (!depends_on_data(*pattern) || pattern->is_dense()) && selector->traits().softmax_temperature > 0 &&
         is_plain(builder);
}

/// The selector keeps the best of each row, and no estimator asks for more than these.
bool Site::State::keeps_best_alone(const Builder& builder) const {
  return selector->traits().keeps_best && is_plain(builder);
}

/// The terms of the pattern. For a selector that keeps only the best of each row, the tiles already look for these.
std::vector<PairTerm> Site::State::pair_terms(const Builder& builder, Extent items) const {
  const auto reject = [&](const std::string& fact) { throw Error(path, fact + "; '" + text + "' came."); };
  if (!biases_of(*pattern).empty()) reject("a pattern that does not weigh pairs was expected in tiles");
  const std::vector<const TagChoice*> taggers = taggers_of(*pattern);
  std::vector<PairTerm> terms;
  for (const PatternTerm& term : pattern->terms()) {
    PairTerm& made = terms.emplace_back();
    made.pairs = common_pairs(term.places, pattern);
    for (const Pattern* part : term.choosers) {
      const auto* chooser = half_of<DataChoice>(*part);
      const std::optional<TileChoice> choice = chooser->tile_choice();
      if (!choice) {
        reject(
            "patterns that can choose in tiles were expected: content_top_k, content_threshold, hash_buckets, "
            "content_clusters, routed_blocks and those by place");
      }
      if (made.best > 0) reject("tags before the best, and one choice of the best, were expected in tiles");
      if (choice->block > 0 && !made.tags.empty()) reject("blocks are not chosen among tags");
      if (choice->by_tags) {
        const auto tagger = std::find(taggers.begin(), taggers.end(), chooser);
        made.tags.push_back(static_cast<std::size_t>(tagger - taggers.begin()));
        made.most = std::min(made.most, part->pairs_at_most(1, items));
      }
      const ChoiceRange range = range_of(*chooser, annealed);
      if (choice->block > 0 && !range.is_fixed) reject("blocks of one size and number were expected in tiles");
      made.best = range.most;
      made.margin = choice->margin;
      if (!range.is_fixed) {
        made.best_now = [chooser, whole = pattern] { return best_pairs(*chooser->tile_choice()); };
      }
      made.block = choice->block;
    }
    if (made.best == 0 && keeps_best_alone(builder)) made.best = checked_capacity(estimator_parts(), *selector, items);
  }
  return terms;
}

Value Site::State::find(const Heads& inputs, double factor, At at) const {
  Builder& builder = inputs.queries.builder();
  FindPairs options;
  options.terms = pair_terms(builder, inputs.items.shape()[1]);
  options.heads = inputs.heads;
  options.item_heads = inputs.item_heads;
  options.scale = factor;
  options.has_mask = !inputs.mask.is_empty();
  options.has_segments = !inputs.query_segments.is_empty();
  std::vector<Value> operands{inputs.queries, inputs.items};
  if (options.has_mask) operands.push_back(inputs.mask);
  if (options.has_segments) operands.insert(operands.end(), {inputs.query_segments, inputs.item_segments});
  for (const TagChoice* tagger : taggers_of(*pattern)) {
    const KeyTags keys = tagger->key_tags(builder, {.rows = inputs.items, .heads = inputs.item_heads, .mask = inputs.mask});
    operands.push_back(tagger->query_tags(builder, {.rows = inputs.queries, .heads = inputs.heads}, keys));
    operands.push_back(keys.tags);
    ++options.tags;
  }
  return builder.add(make_find_pairs(options), operands, "", at);
}

/// The weights are a softmax over the whole list.
bool Site::State::chooses_by_list(const Builder& builder) const {
  if (!is_plain(builder)) return false;
  if (selector->traits().softmax_temperature > 0) return true;
  return keeps_best_alone(builder) && pattern->terms().size() == 1 && !depends_on_data(*pattern);
}

Attended Site::State::attend_listed(const Heads& inputs, double factor, At at) {
  Builder& builder = inputs.queries.builder();
  const ListedHeads heads{inputs.heads, inputs.item_heads, factor};
  const Value list = find(inputs, factor, at);
  const Value scores = builder.add(make_listed_scores(heads), {inputs.queries, inputs.items, list}, "", at);
  const Value mask = builder.add(make_listed_mask(), {list}, "", at);
  const bool needs_all = builder.mode() == Mode::kTrain && estimator_parts().reads_all();
  Attended result;
  Value spread;
  if (chooses_by_list(builder)) {
    const double temperature = std::max(selector->traits().softmax_temperature, 0.0);
    const bool is_scaled = temperature != 0 && temperature != 1;
    result.scores = scores;
    result.kept = list;
    result.weights = masked_softmax(is_scaled ? scale(scores, 1 / temperature, at) : scores, mask, at);
    result.count = builder.add(make_listed_count(), {list}, "", at);
    builder.register_site(text, {.scores = scores,
                                 .kept = list,
                                 .weights = result.weights,
                                 .count = result.count,
                                 .items = inputs.items,
                                 .queries = inputs.queries,
                                 .heads = inputs.heads});
  } else {
    static const std::shared_ptr<const Pattern> all = parse_pattern("dense").pattern;
    result = choose({.scores = scores,
                     .queries = head_after_head(inputs.queries, inputs.heads, at),
                     .items = inputs.items,
                     .mask = mask,
                     .pattern = all,
                     .list = list,
                     .spread = needs_all ? &spread : nullptr,
                     .heads = inputs.heads},
                    at);
  }
  const Value weights = spread.is_empty() ? result.weights : spread;
  const Value read = spread.is_empty() ? result.kept : list;
  result.read = builder.add(make_listed_read(heads), {weights, read, inputs.values}, "", at);
  return result;
}

Attended Site::attend_heads(const Heads& inputs, At at) {
  state_->expect_given(inputs.queries, "queries", at);
  state_->expect_given(inputs.items, "items", at);
  state_->expect_given(inputs.values, "values", at);
  Builder& builder = inputs.queries.builder();
  const Builder::BuiltAt line(builder, at);
  if (half_of<WholeItems>(*state_->estimator) != nullptr && builder.mode() == Mode::kTrain) {
    throw Error(state_->path, "an estimator that does not learn from what is read was expected in tiles; '" + state_->text +
                                  "' came; let every head be a site of its own.");
  }
  if (inputs.query_segments.is_empty() != inputs.item_segments.is_empty()) {
    throw Error(state_->path,
                "segments of queries and of items were expected together; one kind came; give both (at " + at.text() + ").");
  }
  if (groups_keys() && !inputs.query_segments.is_empty()) {
    throw Error(state_->path, "separate sequences were expected by a pattern that groups their keys; segments came with '" +
                                  state_->text + "'; give each sequence a row of its own.");
  }
  const std::unique_ptr<Builder::Scope> scope = state_->enter(builder, inputs.values, at);
  const double factor = state_->dot_factor(inputs.queries, inputs.heads);
  if (!state_->is_soft_by_place(builder)) return state_->attend_listed(inputs, factor, at);
  Attended result;
  result.read = attend_tiles({inputs.queries, inputs.items, inputs.values}, state_->pattern,
                             {.heads = inputs.heads,
                              .item_heads = inputs.item_heads,
                              .scale = factor / state_->selector->traits().softmax_temperature,
                              .query_segments = inputs.query_segments,
                              .item_segments = inputs.item_segments,
                              .mask = inputs.mask},
                             at);
  builder.register_site(state_->text, {.items = inputs.items, .queries = inputs.queries, .heads = inputs.heads});
  return result;
}

}  // namespace fovea
