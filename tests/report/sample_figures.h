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

/// Points with bars beside their names, around a line at 0.
inline Figure turned_figure(const std::string& text) {
  FigurePanel panel;
  panel.is_turned = true;
  panel.x.name = "group";
  panel.x.categories = {text, "other"};
  panel.y.name = text;
  panel.y.reference = 0;
  panel.series.push_back({"", FigureSeries::Mark::kPoints, {{0, 0.125, -0.25, 0.5}, {1, 0.75}}});
  panel.series.push_back({text, FigureSeries::Mark::kPoints, {{0, 1.0 / 3}, {1, 0.0625}}});
  return {text, text, {panel}};
}

/// A picture of four pixels with a line around two of them.
inline FigurePanel outlined_panel(const std::string& text) {
  FigurePanel panel;
  panel.is_plane = true;
  panel.x.name = "pixel";
  FigureMatrix matrix;
  matrix.colour.name = text;
  matrix.colours = FigureMatrix::Colours::kInk;
  matrix.column_edges = {0, 1, 2};
  matrix.row_edges = {0, 1, 2};
  matrix.values = {0.1, 0.2, 0.3, 0.4};
  panel.matrix = matrix;
  panel.series.push_back({text, FigureSeries::Mark::kOutline, {{0, 0}, {1, 0}, {1, 2}, {0, 2}, {0, kGap}, {0, 0}}});
  return panel;
}

}  // namespace fovea::testing
