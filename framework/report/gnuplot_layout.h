#pragma once

#include <string>
#include <vector>

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
  int right = 25;
  int above = 30;  // the title of a panel
  int below = 60;  // numbers and name of the x axis
  int head = 0;    // the title of the figure
  int legend = 0;  // height of the legend and, below it, of the caption
  int caption = 0;

  int width() const { return columns * (left + plot_width + right); }
  int height() const { return head + rows * (above + plot_height + below) + legend + caption; }
};

/// Height of a line of the caption and of the legend.
inline constexpr int kTextLine = 17;
inline constexpr int kLegendLine = 20;

/// Of a figure with a legend and a caption of so many lines.
Layout layout_of(const Figure& figure, GnuplotTerminal terminal, std::size_t legend_lines, std::size_t caption_lines);

}  // namespace fovea::gnuplot
