#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "framework/attention/choice.h"
#include "framework/graph/builder.h"

namespace fovea {

/// What a pattern that depends on data sees of one row, while the plan runs.
struct PatternRow {
  ConstRow scores;                    // of all items, allowed or not [N]
  std::span<const Index> query_tags;  // of this query [T], where the pattern makes tags
  const Index* key_tags = nullptr;    // of all items [N, T]
  Extent query = 0;                   // its place
  // Of the pattern, in the order of PairBias::parameters.
  std::span<const ConstRow> parameters = {};
  std::span<const Row> grad_parameters = {};  // where a gradient passes, to be added to; an empty row is not wanted
};

/// What tags are made from: the vectors of all heads, side by side.
struct TagVectors {
  Value rows;        // [B, X, H D]
  Extent heads = 1;  // H
  Value mask = {};   // Index [B, X], 0: not there; empty: all are
};

/// Tags of keys, and what the tags of queries are made from besides the queries.
struct KeyTags {
  Value tags;          // Index [B, N H, T]
  Value summary = {};  // of any shape, for TagChoice::query_tags
};

/// How a pattern that reads data chooses, for kernels that see tiles of scores and never whole rows: the same choice as
/// its choose_among. The best of the items whose tags meet, or the best blocks.
struct TileChoice {
  bool by_tags = false;                                     // keep_met_items; pairs_at_most holds for every query
  Extent best = 0;                                          // > 0: this many items, or blocks, with the highest scores
  double margin = std::numeric_limits<double>::infinity();  // of these, the ones less than this far below the highest
  Extent block = 0;                                         // > 0: the items of a block, see make_find_pairs
};

/// The half of a pattern that depends on data. Its `candidates` are all items that may ever be seen; this half says which
/// of them are seen, row by row, while the plan runs. Data steer which pairs exist, never a shape. In `a & b`, the one that
/// depends on data chooses among what the other (and the mask) leaves; where both do, `a` comes first.
///
///     class Nearest final : public Pattern, public DataChoice { ... };
class DataChoice {
 public:
  virtual ~DataChoice() = default;
  /// `items` are ascending: moves those that exist to the front, in order, and returns their number. Called in
  /// forward and again in backward, with the same result; allocates nothing.
  virtual Extent choose_among(const PatternRow& row, std::span<Index> items) const = 0;
  /// The same choice for kernels; a pattern without one cannot be used inside of them.
  virtual std::optional<TileChoice> tile_choice() const { return std::nullopt; }
};

/// A choice by tags: T integers that are made of each query and of each key (of equal widths), once, and compared by
/// `choose_among`. They are >= 0; -1 of a query and -2 of a key match nothing.
class TagChoice : public DataChoice {
 public:
  virtual Extent tag_count() const = 0;  // T, >= 1
  /// Of the keys: Index [B, X H, T], the tags of head h of vector x in row x H + h.
  virtual KeyTags key_tags(Builder& builder, const TagVectors& keys) const = 0;
  /// Of the queries, likewise.
  virtual Value query_tags(Builder& builder, const TagVectors& queries, const KeyTags& keys) const = 0;
  /// True: the tag of a key depends on the other keys of its sequence.
  virtual bool groups_keys() const { return false; }
};

/// A choice whose pairs count more or less, by a bias on their scores. Such a pattern can be part of a union only where all
/// parts have one, as in `(a + b) & c`.
class PairBias : public DataChoice {
 public:
  /// What the bias is made from at each site; given to the functions in PatternRow::parameters.
  virtual std::vector<SiteParameter> parameters() const { return {}; }
  /// scores[i] += the bias of items[i]; these exist. Selectors and estimators see the sum.
  virtual void add_bias(const PatternRow& row, std::span<const Index> items, Row scores) const = 0;
  /// row.grad_parameters += (d bias / d parameters)^T grad_scores.
  virtual void pull_bias(const PatternRow& row, std::span<const Index> items, ConstRow grad_scores) const = 0;
  /// row.grad_parameters += the gradient of a term of the cost that the pattern asks for; called once for each step of
  /// training, with no pair. The term is not in the cost that is reported.
  virtual void pull_penalty(const PatternRow& /*row*/) const {}
};

/// For patterns: moves the `count` items with the highest scores to the front, in order, ties to the lowest; returns how
/// many these are. scores [N] of all items.
Extent keep_best_items(ConstRow scores, std::span<Index> items, Extent count);

/// For patterns: moves the items with a tag that the query has at the same place to the front, in order; returns how many
/// these are.
Extent keep_met_items(const PatternRow& row, std::span<Index> items);

}  // namespace fovea
