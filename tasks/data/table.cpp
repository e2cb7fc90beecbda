#include "tasks/data/table.h"

#include <algorithm>
#include <charconv>

#include "framework/core/text.h"

namespace fovea::data {
namespace {

bool is_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

/// Cuts a line into cells.
class CellReader {
 public:
  CellReader(std::string_view line, char separator) : line_(line), separator_(separator) {}

  std::vector<Cell> read() {
    std::vector<Cell> cells;
    do {
      while (at_ < line_.size() && line_[at_] == ' ') ++at_;
      cells.push_back(at_ < line_.size() && line_[at_] == '"' ? quoted() : plain());
    } while (at_++ < line_.size());  // past the separator
    return cells;
  }

 private:
  Cell plain() {
    const std::size_t begin = at_;
    at_ = std::min(line_.find(separator_, at_), line_.size());
    const std::string_view text = trimmed(line_.substr(begin, at_ - begin));
    const std::size_t quote = text.find('"');
    if (quote == std::string_view::npos) return {std::string(text), begin};
    throw LineError(begin + quote, "quotes around a whole cell were expected; " + came(text) +
                                       " came; put the cell in quotes, and write \"\" for a quote in it.");
  }

  Cell quoted() {
    const std::size_t begin = at_++;
    std::string text;
    for (;; ++at_) {
      if (at_ >= line_.size()) {
        throw LineError(begin, "a closing quote was expected in the same line; the line ends; close the quote.");
      }
      if (line_[at_] != '"') {
        text += line_[at_];
      } else if (at_ + 1 < line_.size() && line_[at_ + 1] == '"') {
        text += line_[at_++];
      } else {
        break;
      }
    }
    const std::size_t end = ++at_;
    at_ = std::min(line_.find(separator_, at_), line_.size());
    const std::string_view rest = trimmed(line_.substr(end, at_ - end));
    if (rest.empty()) return {text, begin};
    throw LineError(end,
                    "the end of a cell was expected after its quotes; " + came(rest) + " came; write \"\" for a quote.");
  }

  std::string_view line_;
  char separator_;
  std::size_t at_ = 0;
};

/// The numbers of columns that are chosen by name.
std::vector<std::size_t> chosen(const std::string& names, const Columns& columns, const std::string& option,
                                const std::string& place) {
  std::vector<std::size_t> numbers;
  if (names.empty()) return numbers;
  for (const Field& name : fields_of(names, '+')) {
    const auto found = std::find(columns.names.begin(), columns.names.end(), trimmed(name.text));
    if (found == columns.names.end()) {
      throw FileError(place, "a column that the option " + option + " names was expected; " +
                                 unknown_name(trimmed(name.text), columns.names));
    }
    numbers.push_back(static_cast<std::size_t>(found - columns.names.begin()));
  }
  return numbers;
}

bool has(const std::vector<std::size_t>& numbers, std::size_t number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

void check_names(const std::vector<std::string>& names, const std::string& place) {
  if (std::all_of(names.begin(), names.end(), is_number)) {
    throw FileError(place, "names of columns were expected; " + came(names.front()) +
                               " came, and nothing but numbers; write a header, or set header=false.");
  }
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (name->empty()) {
      throw FileError(place, "a name for each column was expected; that of column " +
                                 std::to_string(name - names.begin() + 1) + " is empty; write one.");
    }
    if (std::find(names.begin(), name, *name) != name) {
      throw FileError(place, "columns of different names were expected; " + came(*name) + " came twice; rename one.");
    }
  }
}

}  // namespace

std::vector<Cell> cells_of(std::string_view line, char separator) { return CellReader(line, separator).read(); }

char separator_of(std::string_view name, std::string_view line) {
  if (name == "comma") return ',';
  if (name == "semicolon") return ';';
  if (name == "tab") return '\t';
  char best = ',';
  for (const char one : {'\t', ';'}) {
    if (std::count(line.begin(), line.end(), one) > std::count(line.begin(), line.end(), best)) best = one;
  }
  return best;
}

Columns columns_of(std::string_view line, char separator, const ColumnChoice& choice, const std::string& place) {
  Columns columns;
  columns.separator = separator;
  std::size_t number = 0;
  for (const Cell& cell : cells_of(line, separator)) {
    columns.names.push_back(choice.has_header ? cell.text : std::to_string(++number));
  }
  if (choice.has_header) check_names(columns.names, place);
  columns.targets = chosen(choice.target, columns, "target", place);
  if (choice.target.empty()) columns.targets = {columns.names.size() - 1};
  const std::vector<std::size_t> ignored = chosen(choice.ignore, columns, "ignore", place);
  for (std::size_t i = 0; i < columns.names.size(); ++i) {
    const bool is_target = has(columns.targets, i);
    if (is_target && has(ignored, i)) {
      throw FileError(place, "a target that is read was expected; the column " + came(columns.names[i]) +
                                 " is to be ignored; name another target.");
    }
    if (!is_target && !has(ignored, i)) columns.features.push_back(i);
  }
  if (!columns.features.empty()) return columns;
  throw FileError(place, "a column beside those of target and ignore was expected; there are " +
                             std::to_string(columns.names.size()) + " columns in all; check the option separator.");
}

}  // namespace fovea::data
