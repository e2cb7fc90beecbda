#include "framework/report/density_cells.h"

#include <algorithm>
#include <cmath>

namespace fovea {

std::optional<DensityCells> density_cells(const NumberArray& array) {
  constexpr std::int64_t kMostCells = 512;
  if (array.shape.size() != 3) return std::nullopt;
  DensityCells cells{array.shape[0], array.shape[1], array.shape[2], array.values};
  const bool fits = cells.heads > 0 && cells.rows > 0 && cells.columns > 0 && cells.rows <= kMostCells &&
                    cells.columns <= kMostCells &&
                    static_cast<std::int64_t>(cells.sums.size()) == cells.heads * cells.rows * cells.columns;
  if (!fits) return std::nullopt;
  for (double& sum : cells.sums) sum = std::isfinite(sum) && sum > 0 ? sum : 0;
  return cells;
}

DensityCells halved(const DensityCells& cells) {
  DensityCells half{cells.heads, (cells.rows + 1) / 2, (cells.columns + 1) / 2, {}};
  half.sums.resize(static_cast<std::size_t>(half.heads * half.rows * half.columns));
  for (std::int64_t head = 0; head < cells.heads; ++head) {
    for (std::int64_t row = 0; row < cells.rows; ++row) {
      const auto from = static_cast<std::size_t>((head * cells.rows + row) * cells.columns);
      const auto to = static_cast<std::size_t>((head * half.rows + row / 2) * half.columns);
      for (std::size_t column = 0; column < static_cast<std::size_t>(cells.columns); ++column) {
        half.sums[to + column / 2] += cells.sums[from + column];
      }
    }
  }
  return half;
}

QuantisedCells quantised_cells(const DensityCells& cells) {
  constexpr double kSmallestShare = 1e-6;  // of the largest sum: what is less has the level of this
  constexpr double kLevels = 254;
  QuantisedCells quantised;
  quantised.high = *std::max_element(cells.sums.begin(), cells.sums.end());
  if (!(quantised.high > 0)) quantised.high = 1;
  quantised.low = quantised.high;
  for (const double sum : cells.sums) {
    if (sum > 0) quantised.low = std::min(quantised.low, sum);
  }
  quantised.low = std::max(quantised.low, kSmallestShare * quantised.high);
  const double range = std::log(quantised.high / quantised.low);
  for (const double sum : cells.sums) {
    const double share = range > 0 ? std::log(std::max(sum, quantised.low) / quantised.low) / range : 1;
    quantised.levels.push_back(sum > 0 ? static_cast<std::uint8_t>(1 + std::lround(kLevels * share)) : std::uint8_t{0});
  }
  return quantised;
}

}  // namespace fovea
