#pragma once

#include <string>
#include <vector>

#include "tasks/data/sources.h"
#include "tasks/data/table.h"

// The rows of the task `table_file`, as numbers.
namespace fovea::data {

struct TableOptions {
  Sources sources{};
  ColumnChoice columns{};
  std::string kind = "class";
  std::string separator = "auto";
  std::string scale = "standard";
  Extent most_classes = 1000;
  bool lenient = false;

  void fields(Options& options);
  bool has_classes() const { return kind == "class"; }
};

struct TableItem {
  std::vector<Real> features;  // [F], scaled
  std::vector<Real> targets;   // [K], scaled; none where there are classes
  Index label = -1;
};

/// Where the numbers of a column lie: scaled ones are (x - mean) / deviation.
struct Scale {
  double mean = 0;
  double deviation = 1;
};

struct Table {
  Columns columns;
  std::vector<Scale> features;         // [F]
  std::vector<Scale> targets;          // [K]
  std::vector<double> target_squares;  // [K]: the variance of scaled training targets, at least a little
  std::vector<std::string> classes;    // in the order of their bytes
  Splits<TableItem> items;
  Skipped skipped;
  double chance = -1;
};

/// Reads and scales the rows of all files.
///
/// Errors    Error with the place in the file.
Table load_table(const std::string& task, const TableOptions& options);

/// The scaled features of a row that a user writes: all columns, or the features alone, in the order of the file.
///
/// Errors    LineError.
std::vector<Real> features_of(std::string_view line, const Table& table);

}  // namespace fovea::data
