#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/attention/choice.h"
#include "framework/core/intervals.h"
#include "framework/core/registry.h"
#include "framework/graph/builder.h"

namespace fovea {

class Annealed;
class Pattern;

/// What a pattern that depends on data sees of one row, while the plan runs.
struct PatternRow {
  ConstRow scores;                    // of all items, allowed or not [N]
  std::span<const Index> query_tags;  // of this query [T], where the pattern makes tags
  const Index* key_tags = nullptr;    // of all items [N, T]
  Extent query = 0;                   // its place
  // Of the pattern, in the order of Pattern::parameters.
  std::span<const ConstRow> parameters = {};
  std::span<const Row> grad_parameters = {};  // where a gradient passes, to be added to; an empty row is not wanted
};

/// What tags are made of: the vectors of heads that lie beside each other.
struct TagVectors {
  Value rows;        // [B, X, H D]
  Extent heads = 1;  // H
  Value mask = {};   // Index [B, X], 0: not there; empty: all are
};

/// Tags of keys, and what those of queries are made of beside the queries.
struct KeyTags {
  Value tags;          // Index [B, N H, T]
  Value summary = {};  // of any shape, for Pattern::query_tags
};

/// How a pattern that reads data chooses, for kernels that see scores in tiles and never a row of them: as its choose_among
/// does. Best items, after tags were met, or best blocks.
struct TileChoice {
  bool by_tags = false;                                     // keep_met_items; pairs_at_most holds of every query
  Extent best = 0;                                          // > 0: so many items with the highest scores, or blocks
  double margin = std::numeric_limits<double>::infinity();  // and of these the ones less than so far below the highest
  Extent block = 0;                                         // > 0: of so many items, see make_find_pairs
};

/// Every pattern is a union of such terms: the items that exist in all `places`, among which `choosers` choose in turn.
struct PatternTerm {
  std::vector<const Pattern*> places;
  std::vector<const Pattern*> choosers;
};

/// Which (query, key) pairs exist. Patterns compose: `window(256) + global(16)` is a union, `causal & dilated(2)` an
/// intersection.
///
/// A plugin: one file in modules/patterns, ended by FOVEA_PATTERN("name", Class, R"doc(docstring)doc");
class Pattern {
 public:
  static constexpr const char* kKind = "pattern";

  virtual ~Pattern() = default;
  virtual void fields(Options& options);
  /// Appends the keys that query `query` may see, as ascending intervals within [0, items), by `append_items`.
  /// Called when a plan is made, never while it runs.
  virtual void candidates(Extent query, Extent queries, Extent items, ItemIntervals& out) const = 0;
  /// The cost that the docstring claims: no more pairs than these exist.
  virtual Extent pairs_at_most(Extent queries, Extent items) const { return queries * items; }
  virtual bool is_dense() const { return false; }   // every pair exists
  virtual bool is_causal() const { return false; }  // no query sees a key behind its own place

  /// True: `candidates` gives every item that may ever be seen, and `choose_among` says which of them are, row by row,
  /// while the plan runs. Data steer which pairs exist, never a shape. Of `a & b`, the one that reads data chooses among
  /// what the other (and the mask) leaves; where both do, `a` comes first.
  virtual bool reads_data() const { return false; }
  /// `items` are ascending: moves those that exist to the front, in order, and returns their number. Called in
  /// forward and again in backward, with the same result; allocates nothing.
  virtual Extent choose_among(const PatternRow& row, std::span<Index> items) const;
  /// The same choice for kernels; a pattern without one cannot be used inside of them.
  virtual std::optional<TileChoice> tile_choice() const { return std::nullopt; }
  /// Tags are made of queries and keys (of equal widths), once, and compared by `choose_among`: T for each, or 0. They are
  /// not negative, but that -1 of a query and -2 of a key are met by none.
  virtual Extent tag_count() const { return 0; }
  /// Of queries and keys alike: Index [B, X H, T], the tags of head h of vector x in row x H + h.
  virtual Value tags(Builder& builder, const TagVectors& vectors) const;
  /// True: the tag of a key depends on the other keys of its sequence.
  virtual bool groups_keys() const { return false; }
  /// Where they are not made alike: those of the keys by `key_tags`, of the queries by `query_tags`.
  virtual KeyTags key_tags(Builder& builder, const TagVectors& keys) const;
  virtual Value query_tags(Builder& builder, const TagVectors& queries, const KeyTags& keys) const;

  /// True, of one that reads data: pairs that exist count more or less, by a bias of their scores. Part of a union it can
  /// only be where all parts have it, as in `(a + b) & c`.
  virtual bool weighs_pairs() const { return false; }
  /// What a pattern that weighs pairs learns at each site; given to its functions in PatternRow::parameters.
  virtual std::vector<SiteParameter> parameters() const { return {}; }
  /// scores[i] += the bias of items[i]; these exist. Selectors and estimators see the sum.
  virtual void weigh(const PatternRow& row, std::span<const Index> items, Row scores) const;
  /// row.grad_parameters += (d bias / d parameters)^T grad_scores.
  virtual void weigh_backward(const PatternRow& row, std::span<const Index> items, ConstRow grad_scores) const;
  /// row.grad_parameters += the gradient of a term of the cost that the pattern asks for; called once for each step of
  /// training, with no pair. The term is not in the cost that is reported.
  virtual void pull_penalty(const PatternRow& /*row*/) const {}

  /// What combinations are made of; a plugin leaves it as it is, unless it reads data and its `candidates` leave out much:
  /// {{{this}, {this}}} then saves the others in every row.
  virtual std::vector<PatternTerm> terms() const;
};

/// The parts of a pattern that make tags, each once, in the order in which a site hands their tags to its choice.
std::vector<const Pattern*> taggers_of(const Pattern& pattern);
/// The parts of a pattern that weigh pairs, each once, in the order in which a site hands their parameters to its choice.
///
/// Errors    a union in which some parts weigh pairs and others do not.
std::vector<const Pattern*> weighers_of(const Pattern& pattern);

template <>
Registry<Pattern>& Registry<Pattern>::instance();

/// For patterns: moves the `count` items with the highest scores to the front, in order, ties to the lowest; returns how
/// many these are. scores [N] of all items.
Extent keep_best_items(ConstRow scores, std::span<Index> items, Extent count);

/// For patterns: moves the items with a tag that the query has at the same place to the front, in order; returns how many
/// these are.
Extent keep_met_items(const PatternRow& row, std::span<Index> items);

/// The candidates of a query, checked.
///
/// Errors    intervals that do not ascend or leave [0, items).
ItemIntervals candidates_of(const Pattern& pattern, Extent query, Extent queries, Extent items);

/// A pattern made of others, its canonical text, and its numbers that change while a run trains: those of patterns that
/// choose by scores alone may, as in content_top_k(k=exponential(from=512, to=4)).
struct PatternExpression {
  std::shared_ptr<const Pattern> pattern;
  std::string text;  // "(dense + causal) & causal", with every option spelled out
  std::vector<std::shared_ptr<Annealed>> numbers = {};
};

/// Parses patterns joined by `+` (union) and `&` (intersection, which binds tighter), with parentheses.
///
/// Errors    unknown names and options (with the nearest), anything that is no expression, with the column, and an annealing
///           of a pattern that is more than a choice by scores.
PatternExpression parse_pattern(std::string_view text);

}  // namespace fovea

#define FOVEA_PATTERN(name, Class, doc) FOVEA_REGISTER(::fovea::Pattern, name, Class, doc)
