#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/real.h"

namespace fovea {

/// A table as it is printed. Texts may come from a results file of anybody, so every writer escapes them.
struct TextTable {
  std::string title;  // one line
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
  std::vector<bool> is_number;         // of each column: numbers made here, aligned right
  std::vector<std::string> sentences;  // what a reader has to know, below the table
};

/// Adds a row, cell by cell, each with the name of its column: for tables of which every number has a column.
class TableRow {
 public:
  enum class Kind : std::uint8_t { kText, kNumber };

  explicit TableRow(TextTable& table) : table_(table), is_first_(table.head.empty()) { table.rows.emplace_back(); }
  void add(const std::string& name, std::string cell, Kind kind = Kind::kText);
  void add(const std::string& name, Extent number);
  /// All digits; empty where it is missing.
  void add(const std::string& name, const std::optional<double>& number);

 private:
  TextTable& table_;
  bool is_first_;
};

/// One cell as it stands in such a text.
std::string markdown_cell(std::string_view text);
std::string latex_cell(std::string_view text);
/// A text that a spreadsheet would take for a formula gets an apostrophe in front; a number does not.
std::string csv_text_cell(std::string_view text);

std::string markdown_of(const TextTable& table);
/// A tabular with the rules of booktabs; title and sentences are comments.
std::string latex_of(const TextTable& table);
/// RFC 4180 with line feeds; without title and sentences.
std::string csv_of(const TextTable& table);

}  // namespace fovea
