#include <cmath>

#include "framework/core/options.h"
#include "framework/report/figure_writers.h"
#include "framework/runs/text_table.h"

namespace fovea {
namespace {

std::string number_cell(double value) { return std::isnan(value) ? "" : number_text(value); }

std::string category_of(const FigureAxis& axis, double x) {
  const auto place = static_cast<std::size_t>(std::max(x, 0.0));
  return place < axis.categories.size() ? axis.categories[place] : "";
}

void add_series(TextTable& table, const FigurePanel& panel, const FigureSeries& series) {
  for (const FigurePoint& point : series.points) {
    table.rows.push_back({panel.title, series.name, number_cell(point.x), category_of(panel.x, point.x),
                          number_cell(point.y), number_cell(point.low), number_cell(point.high), ""});
  }
}

void add_matrix(TextTable& table, const FigurePanel& panel) {
  const FigureMatrix& matrix = *panel.matrix;
  for (Extent row = 0; row < matrix.rows(); ++row) {
    for (Extent column = 0; column < matrix.columns(); ++column) {
      const double value = matrix.values[static_cast<std::size_t>(row * matrix.columns() + column)];
      table.rows.push_back({panel.title, "", number_cell(matrix.column_centre(column)), "",
                            number_cell(matrix.row_centre(row)), "", "", number_cell(value)});
    }
  }
}

}  // namespace

std::string figure_csv(const Figure& figure) {
  TextTable table;
  table.head = {"panel", "series", "x", "category", "y", "low", "high", "value"};
  table.is_number = {false, false, true, false, true, true, true, true};
  for (const FigurePanel& panel : figure.panels) {
    for (const FigureSeries& series : panel.series) add_series(table, panel, series);
    if (panel.matrix) add_matrix(table, panel);
  }
  return csv_of(table);
}

}  // namespace fovea
