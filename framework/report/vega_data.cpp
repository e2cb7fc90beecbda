#include <algorithm>
#include <utility>

#include "framework/report/figure_writers.h"
#include "framework/report/vega_parts.h"

namespace fovea::vega {
namespace {

Json points_of(const FigurePanel& panel) {
  Array rows;
  for (std::size_t i = 0; i < panel.series.size(); ++i) {
    const FigureSeries& series = panel.series[i];
    const std::size_t distance = marker_distance(series);
    for (std::size_t k = 0; k < series.points.size(); ++k) {
      const FigurePoint& point = series.points[k];
      Object row{{"series", static_cast<std::int64_t>(i)},
                 {"name", series.name},
                 {"x", number(point.x)},
                 {"y", number(point.y)},
                 {"low", number(point.low)},
                 {"high", number(point.high)},
                 {"line", series.mark != FigureSeries::Mark::kPoints},
                 {"marker", distance > 0 && k % distance == 0}};
      const auto place = static_cast<std::size_t>(std::max(point.x, 0.0));
      if (place < panel.x.categories.size()) row.emplace_back("category", panel.x.categories[place]);
      rows.emplace_back(std::move(row));
    }
  }
  return rows;
}

Json formula(const char* name, const char* expression) {
  return Object{{"type", "formula"}, {"as", name}, {"expr", expression}};
}

Json filter(const char* expression) { return Object{{"type", "filter"}, {"expr", expression}}; }

Json grid_of(const FigureMatrix& matrix) {
  return Array{Object{{"width", matrix.columns()},
                      {"height", matrix.rows()},
                      {"column_edges", numbers(matrix.column_edges)},
                      {"row_edges", numbers(matrix.row_edges)},
                      {"values", numbers(matrix.values)}}};
}

/// A datum for each cell of the grid.
Json cells_of_grid() {
  return Array{Object{{"type", "flatten"}, {"fields", Array{"values"}}, {"as", Array{"value"}}},
               Object{{"type", "window"}, {"ops", Array{"row_number"}}, {"as", Array{"number"}}},
               formula("column", "(datum.number - 1) % datum.width"),
               formula("row", "floor((datum.number - 1) / datum.width)"),
               formula("left", "datum.column_edges[datum.column]"),
               formula("right", "datum.column_edges[datum.column + 1]"),
               formula("top", "datum.row_edges[datum.row]"),
               formula("bottom", "datum.row_edges[datum.row + 1]"),
               filter("isValid(datum.value)")};
}

}  // namespace

void add_data(Array& data, const FigurePanel& panel, std::size_t i) {
  if (panel.matrix) {
    data.emplace_back(Object{{"name", panel_name(i, "matrix")}, {"values", grid_of(*panel.matrix)}});
    if (!panel.matrix->is_image()) {
      data.emplace_back(
          Object{{"name", panel_name(i, "cells")}, {"source", panel_name(i, "matrix")}, {"transform", cells_of_grid()}});
    }
    if (panel.series.empty()) return;
  }
  const std::string points = panel_name(i, "points");
  const auto part = [&](const char* name, const char* expression) {
    data.emplace_back(Object{{"name", panel_name(i, name)}, {"source", points}, {"transform", Array{filter(expression)}}});
  };
  data.emplace_back(Object{{"name", points}, {"values", points_of(panel)}});
  part("lines", "datum.line");
  part("markers", "datum.marker && isValid(datum.y)");
  part("bars", "!datum.line && isValid(datum.low)");
}

}  // namespace fovea::vega
