#pragma once

#include <vector>

#include "framework/attention/data_choice.h"
#include "framework/core/half.h"
#include "framework/core/intervals.h"
#include "framework/core/registry.h"

namespace fovea {

class Pattern;

/// Every pattern is a union of such terms: the items that exist in all `places`, among which `choosers` (patterns with the
/// half DataChoice) choose in turn.
struct PatternTerm {
  std::vector<const Pattern*> places;
  std::vector<const Pattern*> choosers;
};

/// Which (query, key) pairs exist. Patterns compose: `window(256) + global(16)` is a union, `causal & dilated(2)` an
/// intersection.
///
/// A pattern that depends on data derives from one of the halves DataChoice, TagChoice and PairBias as well.
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
  virtual bool is_causal() const { return false; }  // no query sees a key past its own place

  /// What combinations are made of; a plugin leaves it as it is, unless it depends on data and its `candidates` leave out
  /// many items: {{{this}, {this}}} then spares every row the work on these.
  virtual std::vector<PatternTerm> terms() const;
};

template <>
Registry<Pattern>& Registry<Pattern>::instance();

/// True where data steer which pairs exist.
bool depends_on_data(const Pattern& pattern);
/// The parts of a pattern that make tags, each once, in the order in which a site hands their tags to its choice.
std::vector<const TagChoice*> taggers_of(const Pattern& pattern);
/// The parts of a pattern that have a bias, each once, in the order in which a site hands their parameters to its choice.
///
/// Errors    a union in which some parts have a bias and others do not.
std::vector<const PairBias*> biases_of(const Pattern& pattern);

/// The candidates of a query, checked.
///
/// Errors    intervals that do not ascend or leave [0, items).
ItemIntervals candidates_of(const Pattern& pattern, Extent query, Extent queries, Extent items);

}  // namespace fovea

#define FOVEA_PATTERN(name, Class, doc) FOVEA_REGISTER(::fovea::Pattern, name, Class, doc)
