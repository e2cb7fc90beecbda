#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "framework/results/record.h"

namespace fovea {

/// A table with named rows: columns along one axis, whose coordinate is text.
struct TableRecord {
  std::string title;
  TextPairs attributes;
  std::string axis;  // "estimator"
  std::vector<std::string> rows;
  std::vector<Column> columns;
};

/// The bytes of an HDF5 file: the attributes at the root, a data set of names, named like the axis, one for each column.
std::vector<std::byte> image_of(const TableRecord& record);

}  // namespace fovea
