#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/registry.h"

namespace fovea {

/// Which (query, key) pairs exist. Patterns compose: `window(256) + global(16)` is a union, `causal & dilated(2)` an
/// intersection.
///
/// A plugin: one file in modules/patterns, ended by FOVEA_PATTERN("name", Class, R"doc(docstring)doc");
class Pattern {
 public:
  static constexpr const char* kKind = "pattern";

  virtual ~Pattern() = default;
  virtual void fields(Options& options);
  /// Appends the keys that query `query` may see, ascending, without duplicates; all in [0, items).
  /// Called when a plan is made, never while it runs.
  virtual void candidates(Extent query, Extent queries, Extent items, std::vector<Index>& out) const = 0;
  /// The cost that the docstring claims: no more pairs than these exist.
  virtual Extent pairs_at_most(Extent queries, Extent items) const { return queries * items; }
  virtual bool is_dense() const { return false; }   // every pair exists
  virtual bool is_causal() const { return false; }  // no query sees a key behind its own place
};

template <>
Registry<Pattern>& Registry<Pattern>::instance();

/// For patterns: appends begin, begin + step, ... below `end`, without those below 0.
void append_items(Extent begin, Extent end, std::vector<Index>& out, Extent step = 1);

/// A pattern made of others, and its canonical text.
struct PatternExpression {
  std::shared_ptr<const Pattern> pattern;
  std::string text;  // "(dense + causal) & causal", with every option spelled out
};

/// Parses patterns joined by `+` (union) and `&` (intersection, which binds tighter), with parentheses.
///
/// Errors    unknown names and options (with the nearest), and anything that is no expression, with the column.
PatternExpression parse_pattern(std::string_view text);

}  // namespace fovea

#define FOVEA_PATTERN(name, Class, doc) FOVEA_REGISTER(::fovea::Pattern, name, Class, doc)
