#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/data/lines.h"

// Rows of cells with names of their columns.
namespace fovea::data {

/// A cell of a row: its text, without quotes and without blanks around it.
struct Cell {
  std::string text;
  std::size_t begin = 0;  // bytes of the line before it

  Field field() const { return {text, begin}; }
};

/// The cells of a line. One in double quotes may hold separators, and "" for a quote (RFC 4180); it ends in its line.
///
/// Errors    LineError: a quote that is not closed, or text beside one.
std::vector<Cell> cells_of(std::string_view line, char separator);

/// ',', ';' or a tab: that of "comma", "semicolon" and "tab", or with "auto" the one that a line has most often.
char separator_of(std::string_view name, std::string_view line);

/// Which columns a table has, and what they are for.
struct Columns {
  std::vector<std::string> names;
  std::vector<std::size_t> features;
  std::vector<std::size_t> targets;
  char separator = ',';
};

/// How columns are chosen: by their names, several joined by '+'.
struct ColumnChoice {
  std::string target{};  // empty: the last one
  std::string ignore{};
  bool has_header = true;
};

/// The columns that the first line of a file has.
///
/// Errors    FileError at `place`: a header of numbers or of none, empty or repeated names, chosen names that are not there,
///           no column that is left as a feature.
Columns columns_of(std::string_view line, char separator, const ColumnChoice& choice, const std::string& place);

}  // namespace fovea::data
