#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "framework/results/read_arrays.h"

namespace fovea {

/// Sums of weights by cell, a map for each head.
struct DensityCells {
  std::int64_t heads = 0;
  std::int64_t rows = 0;     // cells of queries
  std::int64_t columns = 0;  // cells of items
  std::vector<double> sums;  // [head, row, column], finite and not negative
};

/// Those of a file; nothing where the array is none of maps of at most 512 x 512 cells.
std::optional<DensityCells> density_cells(const NumberArray& array);

/// Half as many rows and columns, each the sum of two.
DensityCells halved(const DensityCells& cells);

/// A byte for each cell on a logarithmic scale: 0 is none, 1 is `low`, 255 is `high`.
struct QuantisedCells {
  double low = 1;
  double high = 1;
  std::vector<std::uint8_t> levels;
};
QuantisedCells quantised_cells(const DensityCells& cells);

}  // namespace fovea
