#pragma once

#include <cstddef>

#include "framework/report/figure.h"
#include "framework/report/figure_writers.h"

namespace fovea::gnuplot {

/// Everything is placed in units of a pixel of the SVG, of which 96 are an inch elsewhere.
struct Layout {
  int columns = 1;
  int rows = 1;
  int plot_width = 0;
  int plot_height = 0;
  int left = 90;
  int first_left = 90;  // of the first column
  int right = 25;
  int above = 30;  // the title of a panel
  int below = 60;  // numbers and name of the x axis
  int head = 0;    // the title of the figure
  int legend = 0;  // height of the legend and, below it, of the caption
  int caption = 0;

  bool is_rotated = false;  // names below an axis are too long to stand beside each other

  int width() const { return plot_left(columns) - left; }
  int plot_left(int column) const { return first_left + column * (plot_width + right + left); }
  int height() const { return head + rows * (above + plot_height + below) + legend + caption; }
};

/// Height of a line of the caption and of the legend.
inline constexpr int kTextLine = 17;
inline constexpr int kLegendLine = 20;

/// Of a figure with a legend of so many lines, without a caption.
Layout layout_of(const Figure& figure, GnuplotTerminal terminal, std::size_t legend_lines);

}  // namespace fovea::gnuplot
