#include "framework/cli/screen_table.h"

#include <fmt/format.h>
#include <algorithm>
#include <iterator>

#include "framework/cli/wrapping.h"

namespace fovea::cli {
namespace {

void erase_column(TextTable& table, std::size_t column) {
  const auto place = static_cast<std::ptrdiff_t>(column);
  table.head.erase(table.head.begin() + place);
  table.is_number.erase(table.is_number.begin() + place);
  for (auto& row : table.rows) row.erase(row.begin() + place);
}

bool is_same(const TextTable& table, std::size_t a, std::size_t b) {
  return std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) { return row[a] == row[b]; });
}

bool is_constant(const TextTable& table, std::size_t column) {
  const std::string& first = table.rows.front()[column];
  return std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) { return row[column] == first; });
}

/// What stands for a column that is not shown; "" where it has to be.
std::string sentence_of(const TextTable& table, std::size_t column, std::size_t keys) {
  for (std::size_t before = keys; before < column; ++before) {
    if (is_same(table, before, column)) return fmt::format("{} is the same as {}.", table.head[column], table.head[before]);
  }
  if (!is_constant(table, column)) return "";
  return fmt::format("{} is {} in every row.", table.head[column], table.rows.front()[column]);
}

}  // namespace

TextTable without_repeats(TextTable table, std::size_t keys) {
  constexpr std::size_t kSeveral = 3;  // rows: among fewer, figures are equal by accident
  if (table.rows.empty()) return table;
  std::vector<std::string> sentences;
  for (std::size_t column = table.head.size(); table.rows.size() >= kSeveral && --column > keys;) {
    const std::string sentence = sentence_of(table, column, keys);
    if (sentence.empty()) continue;
    const std::string& cell = table.rows.front()[column];
    const bool says_nothing = is_constant(table, column) && (cell.empty() || cell == "-");
    if (!says_nothing) sentences.push_back(sentence);
    erase_column(table, column);
  }
  for (std::size_t column = keys; column-- > 0 && keys > 1;) {
    if (!is_constant(table, column)) continue;
    erase_column(table, column);
    --keys;
  }
  std::reverse(sentences.begin(), sentences.end());
  table.sentences.insert(table.sentences.begin(), sentences.begin(), sentences.end());
  return table;
}

std::string screen_text(const TextTable& table, std::size_t width) {
  if (table.rows.empty()) return "";
  std::vector<std::vector<std::string>> rows = table.rows;
  rows.insert(rows.begin(), table.head);
  std::string text = table.title.empty() ? "" : wrapped(table.title, width, 2) + "\n";
  text += table_in_parts(rows, table.is_number, 1, width);
  std::string below;
  for (const std::string& sentence : table.sentences) below += (below.empty() ? "" : " ") + sentence;
  return text + (below.empty() ? "" : wrapped(below, width, 0) + "\n");
}

}  // namespace fovea::cli
