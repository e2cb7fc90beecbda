#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "framework/core/real.h"

// The symbols of the task number_names: characters of numbers and of their names, then the tags of the languages.
namespace fovea::number_words {

inline constexpr Index kEnd = 0;  // in a source nothing, in a target the end

/// The text of each symbol; that of kEnd is empty.
const std::vector<std::string>& symbols();
/// How many of them are characters, or the end: what targets are made of.
Extent characters();
/// The tag of language number `language`.
Index tag_symbol(Extent language);

/// The symbols of a text, character by character.
/// Errors    Error with the fact: a character that no name has.
std::vector<Index> symbols_of(std::string_view text);

/// Characters of the longest name among the numbers below 10^digits.
Extent longest_name(Extent language, Extent digits);

}  // namespace fovea::number_words
