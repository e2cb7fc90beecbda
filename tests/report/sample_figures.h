#pragma once

#include <cmath>
#include <limits>
#include <string>

#include "framework/report/figure.h"

namespace fovea::testing {

inline constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

/// What somebody may have called a run to break a reader of the name.
inline const std::string kHostile = "100%_{x}^2 'a''`touch ran` $\\sin$ \"q\" </script><b>&amp; ~#| \\";

/// Two panels with everything: a band, a gap, bars on categories, and a matrix.
inline Figure full_figure(const std::string& text = "loss") {
  FigurePanel lines;
  lines.title = text + " over steps";
  lines.x.name = "training step";
  lines.y.name = text;
  lines.y.units = "nat";
  lines.series.push_back(
      {text + " first", FigureSeries::Mark::kLine, {{0, 0.1, 0, 0.2}, {10, 1.0 / 3, 0.3, 0.4}, {20, kGap}, {30, 2}}});
  lines.series.push_back({text + " second", FigureSeries::Mark::kLine, {{0, 1e-7}, {10, -3.5}, {20, 0.25}}});
  FigurePanel bars;
  bars.title = "by length";
  bars.x.name = "length";
  bars.x.categories = {"N=5", text, "N=15"};
  bars.y.name = "accuracy";
  bars.series.push_back({text + " first", FigureSeries::Mark::kPoints, {{0, 0.5, 0.4, 0.6}, {1, 0.75}, {2, 1}}});
  FigurePanel grid;
  grid.title = "load";
  grid.x.name = "step";
  grid.y.name = "expert";
  FigureMatrix matrix;
  matrix.colour.name = text;
  matrix.column_edges = {0, 50, 150, 200};
  matrix.row_edges = {-0.5, 0.5, 1.5};
  matrix.values = {0.1, 0.2, kGap, 0.9, 0.8, 1.0 / 7};
  grid.matrix = matrix;
  return {text, "n: runs with different seeds. " + text, {lines, bars, grid}};
}

}  // namespace fovea::testing
