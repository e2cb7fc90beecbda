#include "framework/cli/wrapping.h"

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <string>

#include "framework/cli/screen.h"
#include "framework/core/text.h"

namespace fovea::cli {
namespace {

constexpr std::size_t kSourceWidth = 125;  // of the lines of docstrings
constexpr std::size_t kLeast = 20;         // columns that a wrapped text gets, however narrow the terminal is

using Rows = std::vector<std::vector<std::string>>;

/// Characters of a UTF-8 text: bytes that do not go on.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<std::size_t> widths_of(const Rows& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  return widths;
}

std::size_t indent_of(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

/// Where the text of a section begins: after "Solves    ", or after the blanks of a line that goes on.
std::size_t text_begin(std::string_view line) {
  const std::size_t indent = indent_of(line);
  const std::size_t gap = line.find("  ", indent);
  if (indent > 0 || gap == std::string_view::npos || gap > 12) return indent;
  return std::min(line.find_first_not_of(' ', gap), line.size());
}

/// True where a line was broken because the next word had no more room.
bool was_full(std::string_view line, std::string_view next) {
  const std::size_t begin = indent_of(next);
  const std::size_t word = std::min(next.find(' ', begin), next.size()) - begin;
  return word > 0 && line.size() + 1 + word > kSourceWidth;
}

}  // namespace

std::size_t width_for(const std::ostream& out) {
  if (is_terminal(out)) return terminal_width();
  const char* const set = std::getenv("COLUMNS");
  const long columns = set == nullptr ? 0 : std::strtol(set, nullptr, 10);
  return columns > 0 ? static_cast<std::size_t>(columns) : kAnyWidth;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string lines;
  std::size_t column = 0;
  bool is_first = true;  // of the line
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t word = std::min(text.find_first_not_of(' ', at), text.size());
    const std::size_t end = std::min(text.find(' ', word), text.size());
    const std::size_t blanks = word - at;
    const std::size_t wide = columns_of(text.substr(word, end - word));
    if (!is_first && column + blanks + wide > width) {
      lines += '\n' + std::string(indent, ' ');
      column = indent;
    } else {
      lines.append(blanks, ' ');
      column += blanks;
    }
    lines += text.substr(word, end - word);
    column += wide;
    is_first = false;
    at = end;
  }
  return lines;
}

std::string wrapped_table(const Rows& rows, std::size_t width) {
  if (rows.empty()) return "";
  const std::vector<std::size_t> widths = widths_of(rows);
  std::size_t before = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) before += widths[i] + 2;
  const std::size_t room = std::max(width == kAnyWidth ? kAnyWidth : width - std::min(width, before), kLeast);
  Rows lines;
  for (std::vector<std::string> row : rows) {
    if (row.size() < widths.size()) row.resize(widths.size());
    std::string rest = wrapped(row.back(), room, 0);
    for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
      row.back() = rest.substr(0, end);
      lines.push_back(row);
      std::fill(row.begin(), row.end(), "");
      rest.erase(0, end + 1);
    }
    row.back() = rest;
    lines.push_back(std::move(row));
  }
  return table_text(lines);
}

std::string table_in_parts(const Rows& rows, const std::vector<bool>& right, std::size_t keys, std::size_t width) {
  const std::vector<std::size_t> widths = widths_of(rows);
  std::size_t key_width = 0;
  for (std::size_t i = 0; i < std::min(keys, widths.size()); ++i) key_width += widths[i] + 2;
  std::string text;
  for (std::size_t begin = keys; begin < widths.size() || text.empty();) {
    std::size_t end = begin;
    std::size_t used = key_width;
    while (end < widths.size() && (end == begin || used + widths[end] <= width)) used += widths[end++] + 2;
    Rows part;
    for (const auto& row : rows) {
      std::vector<std::string> cells(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(std::min(keys, row.size())));
      for (std::size_t i = begin; i < std::min(end, row.size()); ++i) cells.push_back(row[i]);
      part.push_back(std::move(cells));
    }
    std::vector<bool> is_right(right.begin(), right.begin() + static_cast<std::ptrdiff_t>(std::min(keys, right.size())));
    for (std::size_t i = begin; i < end; ++i) is_right.push_back(i < right.size() && right[i]);
    text += (text.empty() ? "" : "\n") + table_text(part, is_right);
    begin = std::max(end, begin + 1);
  }
  return text;
}

std::string first_line(std::string_view doc) {
  const std::string_view text = trimmed(doc);
  return std::string(text.substr(0, text.find('\n')));
}

std::string wrapped_doc(std::string_view doc, std::size_t width) {
  if (width >= kSourceWidth) return std::string(doc);
  std::string text;
  std::string open;         // a paragraph that may go on
  std::string_view before;  // its last line
  std::size_t begin = 0;    // where its text begins
  bool is_command = false;
  const auto close = [&] {
    if (before.data() != nullptr) text += (is_command ? open : wrapped(open, width, begin)) + '\n';
  };
  for (std::size_t at = 0; at <= doc.size();) {
    const std::size_t end = std::min(doc.find('\n', at), doc.size());
    const std::string_view line = doc.substr(at, end - at);
    const bool goes_on = before.data() != nullptr && !is_command && indent_of(line) == begin && was_full(before, line);
    if (goes_on) {
      open += ' ' + std::string(line.substr(begin));
    } else {
      close();
      open = line;
      begin = text_begin(line);
      if (indent_of(line) == 0) is_command = line.starts_with("Command ");
    }
    before = line;
    at = end + 1;
  }
  close();
  return text.substr(0, text.size() - 1);
}

}  // namespace fovea::cli
