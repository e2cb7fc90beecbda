#include "framework/runs/text_table.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "framework/core/options.h"
#include "framework/core/text.h"

namespace fovea {
namespace {

using Cell = std::string (*)(std::string_view);

bool is_number(const TextTable& table, std::size_t column) {
  return column < table.is_number.size() && table.is_number[column];
}

/// Cells joined to a line; columns of numbers are written by `number`.
std::string line_of(const TextTable& table, const std::vector<std::string>& row, const std::string& between, Cell text,
                    Cell number) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += (i > 0 ? between : "") + (is_number(table, i) ? number : text)(row[i]);
  }
  return line;
}

std::string csv_quoted(std::string_view text) {
  if (text.find_first_of(",\"") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string latex_character(char c) {
  switch (c) {
    case '\\': return "\\textbackslash{}";
    case '^': return "\\textasciicircum{}";
    case '~': return "\\textasciitilde{}";
    case '<': return "\\textless{}";
    case '>': return "\\textgreater{}";
    case '|': return "\\textbar{}";
    case '"': return "\\char34{}";
    case '{':
    case '}':
    case '$':
    case '&':
    case '#':
    case '_':
    case '%': return std::string("\\") + c;
    case '-': return "-{}";  // two of them are two, not a dash
    default: return {c};
  }
}

/// "+0.1 [-0.2, 4e-05]" in mathematics, so that a minus is one.
std::string latex_number(std::string_view text) {
  if (text.find_first_of("0123456789") == std::string_view::npos) return latex_cell(text);
  const std::string shown = printable(text);
  std::string number;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const std::size_t end = std::min(shown.find_first_not_of("0123456789", i + 2), shown.size());
    if (shown[i] == ' ') {
      number += "\\ ";
    } else if (shown[i] == 'e' && end > i + 2) {
      number += fmt::format("\\cdot10^{{{}}}", std::strtol(shown.c_str() + i + 1, nullptr, 10));
      i = end - 1;
    } else {
      number += shown[i];
    }
  }
  return "$" + number + "$";
}

}  // namespace

void TableRow::add(const std::string& name, std::string cell, Kind kind) {
  if (is_first_) {
    table_.head.push_back(name);
    table_.is_number.push_back(kind == Kind::kNumber);
  }
  table_.rows.back().push_back(std::move(cell));
}

void TableRow::add(const std::string& name, Extent number) { add(name, std::to_string(number), Kind::kNumber); }

void TableRow::add(const std::string& name, const std::optional<double>& number) {
  add(name, number ? number_text(*number) : "", Kind::kNumber);
}

std::string markdown_cell(std::string_view text) {
  static constexpr std::string_view kMarks = "\\`*_{}[]()#+!|~$<>&";
  std::string cell;
  for (const char c : printable(text)) {
    if (c == '<') {
      cell += "&lt;";
    } else if (c == '&') {
      cell += "&amp;";
    } else {
      cell += (kMarks.find(c) == std::string_view::npos ? "" : "\\") + std::string(1, c);
    }
  }
  return cell;
}

std::string latex_cell(std::string_view text) {
  std::string cell;
  for (const char c : printable(text)) cell += latex_character(c);
  return cell.starts_with('[') ? "{}" + cell : cell;  // after the end of a row it would be the optional argument
}

std::string csv_text_cell(std::string_view text) {
  const std::string shown = printable(text);
  const bool is_formula = !shown.empty() && std::string_view("=+-@").find(shown.front()) != std::string_view::npos;
  return csv_quoted((is_formula ? "'" : "") + shown);
}

std::string markdown_of(const TextTable& table) {
  const auto line = [&](const std::vector<std::string>& row) {
    return "| " + line_of(table, row, " | ", markdown_cell, [](std::string_view text) { return std::string(text); }) +
           " |\n";
  };
  std::string text = table.title.empty() ? "" : markdown_cell(table.title) + "\n\n";
  text += "| " + line_of({}, table.head, " | ", markdown_cell, markdown_cell) + " |\n|";
  for (std::size_t i = 0; i < table.head.size(); ++i) text += is_number(table, i) ? "---:|" : "---|";
  text += "\n";
  for (const std::vector<std::string>& row : table.rows) text += line(row);
  for (const std::string& sentence : table.sentences) text += "\n" + markdown_cell(sentence) + "\n";
  return text;
}

std::string latex_of(const TextTable& table) {
  std::string text = table.title.empty() ? "" : "% " + printable(table.title) + "\n";
  for (const std::string& sentence : table.sentences) text += "% " + printable(sentence) + "\n";
  text += "\\begin{tabular}{";
  for (std::size_t i = 0; i < table.head.size(); ++i) text += is_number(table, i) ? 'r' : 'l';
  text += "}\n\\toprule\n" + line_of({}, table.head, " & ", latex_cell, latex_cell) + " \\\\\n\\midrule\n";
  for (const std::vector<std::string>& row : table.rows) {
    text += line_of(table, row, " & ", latex_cell, latex_number) + " \\\\\n";
  }
  return text + "\\bottomrule\n\\end{tabular}\n";
}

std::string csv_of(const TextTable& table) {
  const auto number = [](std::string_view text) { return csv_quoted(text); };
  std::string text = line_of({}, table.head, ",", csv_text_cell, csv_text_cell) + "\n";
  for (const std::vector<std::string>& row : table.rows) text += line_of(table, row, ",", csv_text_cell, number) + "\n";
  return text;
}

}  // namespace fovea
