#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/rng.h"

// Nested operations on lists of digits. Tokens: 0 none; 1 .. 10 the digits 0 .. 9; 11 [MIN, 12 [MAX, 13 [MED, 14 [SM, 15 ].
namespace fovea::listops {

inline constexpr Extent kTokens = 16;

struct Expression {
  std::vector<Index> tokens;
  Index value = 0;  // a digit
};

/// The names of the tokens, by their numbers.
const std::vector<std::string>& words();

/// What a digit or an operation is, and how long an expression may be.
struct Limits {
  Extent depth = 10;      // the outermost operation has depth 1
  Extent arguments = 10;  // most of an operation, >= 2
  Extent above = 500;     // tokens
  Extent below = 2000;
};

/// A random expression: with probability 0.75, or at the greatest depth, a digit; else an operation of 2 to `arguments`
/// arguments, everything uniform; drawn anew until its length is within the limits.
///
/// Errors    limits that 100,000 expressions did not meet.
/// Source    Tay et al. 2020, arXiv:2011.04006, section 2.2.1.
Expression drawn(Rng& rng, const Limits& limits);

/// The value of an expression. [MED is the median, the mean of the middle two rounded down; [SM is the sum modulo 10.
/// Errors    anything that is not an expression, with the token.
Index value_of(std::span<const Index> tokens);

/// An expression that a user has written: brackets need no spaces around them, and letters may be small.
/// Errors    unknown words; anything that is not an expression.
Expression written(std::string_view text);

/// The expressions of a released file, "expression<tab>label" after a header or "label<tab>expression", without the
/// parentheses of their trees.
///
/// Errors    unknown words, malformed expressions, labels that are not the value, with the name and the line.
std::vector<Expression> parse(std::string_view text, const std::string& name);
/// Errors    also those of read_input.
std::vector<Expression> read(const std::string& path);

}  // namespace fovea::listops
