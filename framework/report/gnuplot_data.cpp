#include "framework/report/gnuplot_data.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "framework/core/options.h"
#include "framework/report/figure_writers.h"
#include "framework/report/gnuplot_text.h"

namespace fovea::gnuplot {
namespace {

std::string number_cell(double value) { return std::isnan(value) ? "NaN" : number_text(value); }

}  // namespace

std::string DataFile::next_block(const std::string& comment) {
  if (block_ >= 0) text_ += "\n\n";
  text_ += comment_of(comment);
  return fmt::format("'{}.dat' index {}", name_, ++block_);
}

void DataFile::add_series(std::vector<std::string>& plots, const FigurePanel& panel, const FigureSeries& series) {
  const std::string file = next_block(series.name);
  text_ += "# x y low high\n";
  bool has_band = false;
  for (const FigurePoint& point : series.points) {
    text_ += fmt::format("{} {} {} {}\n", number_cell(point.x), number_cell(point.y), number_cell(point.low),
                         number_cell(point.high));
    has_band = has_band || !std::isnan(point.low);
  }
  const std::size_t place = std::find(names_.begin(), names_.end(), series.name) - names_.begin();
  const std::size_t style = place % kMostSeries + 1;
  const bool is_turned = panel.is_turned;
  if (series.mark == FigureSeries::Mark::kOutline) {
    plots.push_back(fmt::format("{} using 1:2 with lines ls {} lw 3", file, style));
    return;
  }
  if (series.mark == FigureSeries::Mark::kLine) {
    if (has_band) {
      plots.push_back(fmt::format("{} using 1:3:4 with filledcurves fc rgb '{}' fs transparent solid 0.2 noborder", file,
                                  series_style(place).colour));
    }
    plots.push_back(
        fmt::format("{} using 1:2 with linespoints ls {} pointinterval {}", file, style, marker_distance(series)));
    return;
  }
  // Those of one category stand beside each other.
  const double middle = (static_cast<double>(names_.size()) - 1) / 2;
  const double shift = panel.x.categories.empty() ? 0 : 0.08 * (static_cast<double>(place) - middle);
  const std::string x = shift == 0 ? "1" : fmt::format("($1{:+})", shift);
  const std::string places = is_turned ? "2:" + x : x + ":2";
  if (has_band) {
    plots.push_back(
        fmt::format("{} using {}:3:4 with {} ls {} dt solid", file, places, is_turned ? "xerrorbars" : "yerrorbars", style));
  }
  plots.push_back(fmt::format("{} using {} with points ls {}", file, places, style));
}

std::string DataFile::add_image(const FigureMatrix& matrix, const std::string& file) {
  for (Extent row = 0; row < matrix.rows(); ++row) {
    for (Extent column = 0; column < matrix.columns(); ++column) {
      const double value = matrix.values[static_cast<std::size_t>(row * matrix.columns() + column)];
      text_ += (column > 0 ? " " : "") + number_cell(value);
    }
    text_ += "\n";
  }
  const double width = (matrix.column_edges.back() - matrix.column_edges.front()) / static_cast<double>(matrix.columns());
  const double height = (matrix.row_edges.back() - matrix.row_edges.front()) / static_cast<double>(matrix.rows());
  return fmt::format("{} matrix using ({}+{}*$1):({}+{}*$2):3 with image", file,
                     number_text(matrix.column_edges.front() + width / 2), number_text(width),
                     number_text(matrix.row_edges.front() + height / 2), number_text(height));
}

std::string DataFile::add_matrix(const FigureMatrix& matrix) {
  const std::string file = next_block(matrix.colour.name);
  if (matrix.is_image()) return add_image(matrix, file);
  text_ += "# x y value left right top bottom\n";
  for (Extent row = 0; row < matrix.rows(); ++row) {
    for (Extent column = 0; column < matrix.columns(); ++column) {
      const auto r = static_cast<std::size_t>(row);
      const auto c = static_cast<std::size_t>(column);
      const double value = matrix.values[static_cast<std::size_t>(row * matrix.columns() + column)];
      text_ += fmt::format("{} {} {} {} {} {} {}\n", number_cell(matrix.column_centre(column)),
                           number_cell(matrix.row_centre(row)), number_cell(value), number_cell(matrix.column_edges[c]),
                           number_cell(matrix.column_edges[c + 1]), number_cell(matrix.row_edges[r]),
                           number_cell(matrix.row_edges[r + 1]));
    }
  }
  return file + " using ($3 == $3 ? $1 : NaN):2:4:5:6:7:3 with boxxyerror lc palette fs solid noborder";
}

std::vector<std::string> DataFile::add(const FigurePanel& panel) {
  std::vector<std::string> plots;
  if (panel.matrix) plots.push_back(add_matrix(*panel.matrix));
  for (const FigureSeries& series : panel.series) add_series(plots, panel, series);
  return plots;
}

}  // namespace fovea::gnuplot
