#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "framework/anneal/annealing.h"
#include "framework/attention/pattern.h"

namespace fovea {

/// A pattern made of others, its canonical text, and its numbers that change while a run trains; only patterns that
/// choose by scores alone may have such numbers, as in content_top_k(k=exponential(from=512, to=4)).
struct PatternExpression {
  std::shared_ptr<const Pattern> pattern;
  std::string text;  // "(dense + causal) & causal", with every option spelled out
  std::vector<std::shared_ptr<Annealed>> numbers = {};
};

/// Parses patterns joined by `+` (union) and `&` (intersection, which binds tighter), with parentheses.
///
/// Errors    unknown names and options (with the nearest), anything that is not an expression, with the column, and an
///           annealing of a pattern that is more than a choice by scores.
PatternExpression parse_pattern(std::string_view text);

}  // namespace fovea
