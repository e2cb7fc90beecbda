#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::cli {

inline constexpr std::size_t kAnyWidth = static_cast<std::size_t>(-1);

/// The columns that a text for `out` has: those of the terminal; elsewhere those of the environment variable COLUMNS, and
/// any number where it is not set, so that another program gets each line whole.
std::size_t width_for(const std::ostream& out);

/// The text in lines of at most `width` columns, broken at blanks; lines after the first begin with `indent` blanks. A word
/// that is longer than a line has one of its own. Without an end of line at the end.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

/// Rows of cells as table_text prints them, where the last column is wrapped at words.
std::string wrapped_table(const std::vector<std::vector<std::string>>& rows, std::size_t width);

/// Rows of cells, of which the first are heads, as table_text prints them. Where they are wider than a line, the columns are
/// shared out among several tables, of which each begins with the first `keys` columns.
std::string table_in_parts(const std::vector<std::vector<std::string>>& rows, const std::vector<bool>& right,
                           std::size_t keys, std::size_t width);

/// The first line of a docstring, which can be read on its own.
std::string first_line(std::string_view doc);

/// A docstring in lines of at most `width` columns. Lines that were broken because the source had no more room are joined
/// again; all other ends of lines, such as those of formulas, are kept. So are the lines of the section Command.
std::string wrapped_doc(std::string_view doc, std::size_t width);

}  // namespace fovea::cli
