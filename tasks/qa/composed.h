#pragma once

#include <string_view>

namespace fovea::qa {

/// The place of the first letter that is written as a letter and a mark after it, as in e + U+0301, although Unicode has
/// one character for both; npos: none. Words that look equal differ where one is written so and the other is not.
///
/// Source    the canonical decompositions of Unicode 14 (UAX #15), of the letters of modern scripts.
std::size_t first_decomposed(std::string_view text);

}  // namespace fovea::qa
