#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "framework/report/figure.h"
#include "framework/results/json.h"

// A finished figure in the form of another program. The numbers are the same in all of them, with all digits.
namespace fovea {

/// A row for each point and each cell: panel, series, x, its category, y, low, high, value. A cell of a matrix has the
/// centres of its column and row as x and y.
std::string figure_csv(const Figure& figure);

/// A specification for Vega 5. Texts of the figure are data and literals in it, never parts of expressions, so that a name
/// cannot run.
Json figure_vega(const Figure& figure);
/// The same as text, without blanks: a map has a million numbers.
std::string figure_vega_text(const Figure& figure);

/// A script for gnuplot, and the numbers that it plots from a file beside it.
struct GnuplotFigure {
  std::string script;
  std::string data;
};

enum class GnuplotTerminal : std::uint8_t { kSvg, kPdf, kLatex };

/// The script reads `name`.dat and writes `name`.svg, .pdf, or .tex with .pdf. For LaTeX the figure has neither title nor
/// caption, which are the document's; they are comments.
GnuplotFigure figure_gnuplot(const Figure& figure, GnuplotTerminal terminal, const std::string& name);

/// The style of the series of each place in series_names: Okabe and Ito's colours with enough contrast on white.
struct SeriesStyle {
  const char* colour;
  std::vector<int> dash;  // lengths of lines and gaps; empty: a line without gaps
  const char* vega_shape;
  int gnuplot_point;
};
const SeriesStyle& series_style(std::size_t place);

/// A text in lines of at most so many bytes, cut between words.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

/// Every n-th point of a line has a marker; 0: none has.
std::size_t marker_distance(const FigureSeries& series);

}  // namespace fovea
