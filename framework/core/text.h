#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// The text without blanks and ends of lines on both sides.
std::string_view trimmed(std::string_view text);

/// The bytes of the UTF-8 character that begins at `place`; 0 where none does.
std::size_t utf8_length(std::string_view text, std::size_t place);
bool is_utf8(std::string_view text);

/// The text as a message shows it: control characters and bytes that are not UTF-8 are escaped, as in "\n" and "\xe9".
std::string printable(std::string_view text);
/// The same with quotes around it; the middle of a very long text is left out.
std::string in_quotes(std::string_view text);

/// The text as one word of a POSIX shell.
std::string shell_word(std::string_view text);

/// The text as the value of an option within parentheses: in double quotes where the value would not read back without.
/// Within quotes, a backslash stands before a quote and before a backslash.
std::string option_word(std::string_view value);
/// The value that an option word stands for; a text that does not begin with a quote stands for itself.
/// Errors    a quote that is not closed, or text after the closing one.
std::string option_value(std::string_view word);

/// The parts of a text between separators; one that stands in parentheses or in double quotes does not separate.
/// Errors    a quote that is not closed; parentheses that do not match, or are nested more than 64 deep.
std::vector<std::string_view> split_outside(std::string_view text, char separator);

/// The place after the parenthesis that closes the one at `open`. Errors: as split_outside.
std::size_t after_parenthesis(std::string_view text, std::size_t open);

}  // namespace fovea
