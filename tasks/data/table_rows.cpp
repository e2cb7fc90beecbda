#include "tasks/data/table_rows.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "framework/core/text.h"

namespace fovea::data {
namespace {

constexpr double kLeastDeviation = 1e-12;

/// A row as it is written, with its place for errors that are found later.
struct Row {
  std::vector<double> features;
  std::vector<double> targets;
  std::string label;
  std::string place;
};

void check_count(const std::vector<Cell>& cells, std::string_view line, std::size_t expected) {
  if (cells.size() == expected) return;
  throw LineError(line.size(), std::to_string(expected) + " cells were expected, as in the first line; " +
                                   std::to_string(cells.size()) + " came; complete the row, or check the option separator.");
}

std::vector<double> numbers_of(const std::vector<Cell>& cells, const std::vector<std::size_t>& columns,
                               const std::vector<std::string>& names) {
  std::vector<double> numbers;
  numbers.reserve(columns.size());
  for (const std::size_t column : columns) {
    numbers.push_back(real_of(cells[column].field(), "a number in column " + in_quotes(names[column])));
  }
  return numbers;
}

/// Mean and deviation of a column of the training rows; those of a constant column leave 0.
std::vector<Scale> scales_of(const std::vector<Row>& rows, std::vector<double> Row::*numbers, bool is_wanted) {
  std::vector<Scale> scales((rows.front().*numbers).size());
  const auto count = static_cast<double>(rows.size());
  for (std::size_t i = 0; is_wanted && i < scales.size(); ++i) {
    for (const Row& row : rows) scales[i].mean += (row.*numbers)[i] / count;
    double squares = 0;
    for (const Row& row : rows) squares += std::pow((row.*numbers)[i] - scales[i].mean, 2) / count;
    scales[i].deviation = std::max(std::sqrt(squares), kLeastDeviation);
    if (std::sqrt(squares) <= kLeastDeviation * std::abs(scales[i].mean)) scales[i].deviation = 1;
  }
  return scales;
}

std::vector<Real> scaled(const std::vector<double>& numbers, const std::vector<Scale>& scales) {
  std::vector<Real> result;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    result.push_back(static_cast<Real>((numbers[i] - scales[i].mean) / scales[i].deviation));
  }
  return result;
}

class TableLoader {
 public:
  TableLoader(std::string task, const TableOptions& options) : task_(std::move(task)), options_(options) {}

  Table load() {
    for (const Sources::File& file : options_.sources.files()) read(file);
    options_.sources.check_counts(task_, rows_.counts());
    const std::vector<Row>& train = rows_.of(Split::kTrain);
    const bool is_scaled = options_.scale == "standard";
    table_.features = scales_of(train, &Row::features, is_scaled);
    table_.targets = scales_of(train, &Row::targets, is_scaled);
    if (options_.has_classes()) collect_classes(train);
    for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
      for (const Row& row : rows_.of(split)) add(row, split);
    }
    measure();
    return std::move(table_);
  }

 private:
  void read(const Sources::File& file) {
    bool is_first = true;
    read_lines(file.path, options_.lenient ? &table_.skipped : nullptr, [&](std::string_view line, Extent number) {
      if (is_first && number > 1) {
        throw FileError(file.path + ":1", "a line that can be read was expected first; it was left out; correct it.");
      }
      if (std::exchange(is_first, false)) {
        take_header(file.path, line);
        if (options_.columns.has_header) return;
      }
      const Row row = row_of(line, file.path + ":" + std::to_string(number));
      rows_.of(options_.sources.split_of(file, key_of(line))).push_back(row);
    });
    if (!is_first) return;
    throw Error(file.path, "a header and rows were expected; no line can be read; is this the right file?");
  }

  void take_header(const std::string& path, std::string_view line) {
    const std::string place = path + ":1";
    Columns columns;
    try {
      const char separator = separator_of(options_.separator, line);
      columns = columns_of(line, separator, options_.columns, place);
    } catch (const LineError& error) {
      throw FileError(place, error.fact());
    }
    if (options_.has_classes() && columns.targets.size() > 1) {
      throw FileError(place, "one column of classes was expected; target names " + std::to_string(columns.targets.size()) +
                                 "; name one, or set kind=real.");
    }
    if (table_.columns.names.empty()) table_.columns = columns;
    if (columns.names == table_.columns.names && columns.separator == table_.columns.separator) return;
    throw FileError(place, "the columns of " + in_quotes(options_.sources.path) + " were expected; " + came(line) +
                               " came; give both files the same header.");
  }

  Row row_of(std::string_view line, const std::string& place) const {
    const Columns& columns = table_.columns;
    const std::vector<Cell> cells = cells_of(line, columns.separator);
    check_count(cells, line, columns.names.size());
    Row row{numbers_of(cells, columns.features, columns.names), {}, {}, place};
    if (!options_.has_classes()) {
      row.targets = numbers_of(cells, columns.targets, columns.names);
      return row;
    }
    const Cell& label = cells[columns.targets[0]];
    row.label = label.text;
    if (!row.label.empty()) return row;
    throw LineError(label.begin, "a class was expected in column " + in_quotes(columns.names[columns.targets[0]]) +
                                     "; nothing came; write one.");
  }

  /// What the split of a row depends on: its features.
  std::string key_of(std::string_view line) const {
    const std::vector<Cell> cells = cells_of(line, table_.columns.separator);
    std::string key;
    for (const std::size_t column : table_.columns.features) key += cells[column].text + '\x1f';
    return key;
  }

  void collect_classes(const std::vector<Row>& train) {
    std::set<std::string> classes;
    for (const Row& row : train) classes.insert(row.label);
    table_.classes.assign(classes.begin(), classes.end());
    const auto count = static_cast<Extent>(classes.size());
    if (count > 1 && count <= options_.most_classes) return;
    throw Error(task_, "2 to " + std::to_string(options_.most_classes) + " classes were expected in column " +
                           in_quotes(table_.columns.names[table_.columns.targets[0]]) + "; the training rows have " +
                           std::to_string(count) +
                           "; name another target, set kind=real for numbers, or raise most_classes.");
  }

  void add(const Row& row, Split split) {
    TableItem item{scaled(row.features, table_.features), scaled(row.targets, table_.targets), -1};
    if (options_.has_classes()) {
      const auto found = std::lower_bound(table_.classes.begin(), table_.classes.end(), row.label);
      if (found == table_.classes.end() || *found != row.label) return skip(row);
      item.label = static_cast<Index>(found - table_.classes.begin());
    }
    table_.items.of(split).push_back(std::move(item));
  }

  void skip(const Row& row) {
    const Error error(row.place, "a class of the training rows was expected; " + came(row.label) +
                                     " came; add training rows with it, or set lenient=true to skip such rows.");
    if (!options_.lenient) throw error;
    ++table_.skipped.lines;
    if (table_.skipped.first.empty()) table_.skipped.first = error.what();
  }

  /// The chance of classes, and what errors of numbers are compared with.
  void measure() {
    std::array<std::vector<Index>, 3> labels;
    for (const Split split : {Split::kTrain, Split::kTest}) {
      for (const TableItem& item : table_.items.of(split)) labels[static_cast<std::size_t>(split)].push_back(item.label);
    }
    if (options_.has_classes()) table_.chance = most_frequent_share(labels[0], labels[2]);
    for (const Scale& scale : scales_of(rows_.of(Split::kTrain), &Row::targets, true)) {
      const double used = table_.targets[table_.target_squares.size()].deviation;
      table_.target_squares.push_back(std::pow(scale.deviation / used, 2));
    }
  }

  std::string task_;
  const TableOptions& options_;
  Splits<Row> rows_;
  Table table_;
};

}  // namespace

void TableOptions::fields(Options& options) {
  sources.fields(options, "of a file with names of columns in its first line and a row in each other line");
  options.add("target", columns.target,
              "name of the column that is to be told, or several joined by +; empty: the last one");
  options.add("ignore", columns.ignore, "names of columns that are not read, joined by +");
  options.add("kind", kind, "of the target: classes, or real numbers", {"class", "real"});
  options.add("separator", separator, "of cells; auto: the one that the first line has most often",
              {"auto", "comma", "semicolon", "tab"});
  options.add("header", columns.has_header, "false: the first line is a row, and columns are called 1, 2, ...");
  options.add("scale", scale, "numbers are read as deviations from their mean in training, or as they are",
              {"standard", "none"});
  options.add("most_classes", most_classes, "classes of a target at most, >= 2", {.low = 2, .high = 1e6});
  options.add("lenient", lenient, "skip malformed rows, and count them");
}

Table load_table(const std::string& task, const TableOptions& options) { return TableLoader(task, options).load(); }

std::vector<Real> features_of(std::string_view line, const Table& table) {
  const Columns& columns = table.columns;
  const std::vector<Cell> cells = cells_of(line, columns.separator);
  std::vector<std::size_t> read = columns.features;
  if (cells.size() != columns.names.size()) {
    if (cells.size() != read.size()) {
      throw LineError(line.size(), std::to_string(read.size()) + " features or all " + std::to_string(columns.names.size()) +
                                       " columns were expected; " + std::to_string(cells.size()) +
                                       " cells came; write them in the order of the file.");
    }
    for (std::size_t i = 0; i < read.size(); ++i) read[i] = i;
  }
  std::vector<double> numbers;
  for (std::size_t i = 0; i < read.size(); ++i) {
    numbers.push_back(
        real_of(cells[read[i]].field(), "a number in column " + in_quotes(columns.names[columns.features[i]])));
  }
  return scaled(numbers, table.features);
}

}  // namespace fovea::data
