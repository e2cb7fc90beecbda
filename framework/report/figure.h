#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "framework/core/real.h"

namespace fovea {

/// What an axis, or a scale of colours, measures.
struct FigureAxis {
  enum class Scale : std::uint8_t { kLinear, kLogarithmic };

  std::string name;
  std::string units = "1";  // "1" is a pure number, and not written
  Scale scale = Scale::kLinear;
  std::vector<std::string> categories = {};  // names at 0, 1, 2, ...: the axis has no numbers then
  std::optional<double> reference = {};      // a thin line across the panel, such as that of no difference

  std::string label() const;  // "entropy (nat)"
};

/// A number and its band or bar, NaN where it has none.
struct FigurePoint {
  double x = 0;
  double y = 0;
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

/// What the legend has one entry for.
struct FigureSeries {
  /// A line in the order of the points with a band around it; points with bars; a line without markers around something.
  enum class Mark : std::uint8_t { kLine, kPoints, kOutline };

  std::string name;  // empty: not in the legend
  Mark mark = Mark::kLine;
  std::vector<FigurePoint> points;
};

/// Numbers on a grid, drawn as colours, row 0 at the top.
struct FigureMatrix {
  /// From dark blue to yellow; ink on paper, for a picture with outlines on it.
  enum class Colours : std::uint8_t { kCividis, kInk };

  FigureAxis colour;
  std::vector<double> column_edges;  // ascending, one more than there are columns; likewise the rows
  std::vector<double> row_edges;
  std::vector<double> values;  // [row, column]
  Colours colours = Colours::kCividis;

  bool has_key() const { return colours != Colours::kInk; }  // a scale of colours beside it
  Extent columns() const { return static_cast<Extent>(column_edges.size()) - 1; }
  Extent rows() const { return static_cast<Extent>(row_edges.size()) - 1; }
  double column_centre(Extent column) const;
  double row_centre(Extent row) const;
  /// Too many cells for a mark each: an image of equal cells.
  bool is_image() const;
};

/// One pair of axes with what is drawn between them.
struct FigurePanel {
  std::string title;
  FigureAxis x;
  FigureAxis y;
  std::vector<FigureSeries> series;
  std::optional<FigureMatrix> matrix;
  bool is_plane = false;   // both axes have the same scale
  bool is_turned = false;  // x goes down and y to the right, so that categories are lines of text

  const FigureAxis& across() const { return is_turned ? y : x; }
  const FigureAxis& upright() const { return is_turned ? x : y; }
};

/// A figure as numbers and words: every writer draws the same ones. All texts may come from a results file of anybody.
struct Figure {
  std::string title;
  std::string caption;  // what n is, what a band is, what was left out: sentences
  std::vector<FigurePanel> panels;
};

/// From the least to the largest number that an axis shows; two different ones.
struct FigureRange {
  double low = 0;
  double high = 1;
};
FigureRange range_of_x(const FigurePanel& panel);
FigureRange range_of_y(const FigurePanel& panel);
/// The same categories go down in every panel, so that they are named once.
bool shares_categories(const Figure& figure);
/// Panels beside each other: two, or three where they are small.
int columns_of(const Figure& figure);
/// Of all panels that show the same, so that their colours can be compared.
FigureRange range_of_values(const Figure& figure, const FigureMatrix& matrix);

/// The most series that can be told apart, each by colour, dash and marker; points of a series; names on an axis; panels.
inline constexpr std::size_t kMostSeries = 5;
inline constexpr std::size_t kMostPoints = 2000;
inline constexpr std::size_t kMostCategories = 40;
inline constexpr std::size_t kMostPanels = 6;

/// The figure as it is drawn: not too much of anything, and the caption says what was left out. Of a longer series the
/// points of the least and the largest y of each part are kept, so that no spike is lost. Texts are without control
/// characters, and the names of series and categories are different from each other. What is infinite is NaN, and what a
/// logarithmic axis cannot show as well.
///
/// Errors    a figure without any number; a matrix whose edges do not fit its values.
Figure finished(Figure figure);

/// The text without control characters, cut to so many bytes.
std::string short_text(const std::string& text, std::size_t most);

/// Names of all series of a figure in the order in which they first occur, at most kMostSeries: each has one style
/// everywhere.
std::vector<std::string> series_names(const Figure& figure);

}  // namespace fovea
