#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace fovea::cli {

/// True where `out` is the standard output, a person may watch it, and lines can be redrawn: TERM names a terminal.
bool is_terminal(const std::ostream& out);

/// Columns of the terminal; 80 where they are not known.
std::size_t terminal_width();

/// Rows of cells as lines with aligned columns, two spaces between them; cells of `right` columns are aligned right.
std::string table_text(const std::vector<std::vector<std::string>>& rows, const std::vector<bool>& right = {});

/// A figure in four significant digits: "0.9871", "12.35", "1.2e-07".
std::string figure_text(double value);

/// "0:07", "3:20", "1:05:00".
std::string duration_text(double seconds);

/// "1,234,567".
std::string count_text(long long count);

/// "512 bytes", "1.5 MiB".
std::string bytes_text(std::size_t bytes);

}  // namespace fovea::cli
