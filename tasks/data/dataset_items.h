#pragma once

#include <string>
#include <vector>

#include "tasks/data/arrays.h"
#include "tasks/data/sources.h"

// The items of the task `dataset`.
namespace fovea::data {

struct DatasetOptions {
  Sources sources{};
  std::string target{};
  std::string output{};
  std::string real{};

  void fields(Options& options);
};

struct DatasetRow {
  std::size_t part = 0;
  Extent row = 0;
};

struct DatasetItems {
  std::vector<Part> parts;
  Splits<DatasetRow> items;
  std::string target;
  double variance = 1;  // of the real numbers of the training target
  double chance = -1;
};

/// Reads the arrays of all files, and says which of their rows belong to which split.
///
/// Errors    those of read_parts; a split of two files; no target.
DatasetItems load_dataset(const std::string& task, const DatasetOptions& options);

}  // namespace fovea::data
