#include <fmt/format.h>
#include <cmath>
#include <utility>

#include "framework/report/figure_writers.h"

// Every expression in a specification is one of the literals of this file.
namespace fovea {
namespace {

using Array = Json::Array;
using Object = Json::Object;

constexpr int kWidth = 420;  // of a panel, in pixels
constexpr int kHeight = 260;
constexpr int kPlane = 320;

Json number(double value) { return std::isnan(value) ? Json() : Json(value); }

Json numbers(const std::vector<double>& values) {
  Array array;
  for (const double value : values) array.push_back(number(value));
  return array;
}

Json texts(const std::vector<std::string>& values) {
  Array array;
  for (const std::string& value : values) array.emplace_back(value);
  return array;
}

Json pair(double first, double second) { return Array{first, second}; }
Json constant(Json value) { return Object{{"value", std::move(value)}}; }
Json scaled(const char* scale, const char* field) { return Object{{"scale", scale}, {"field", field}}; }
Json enter(Object channels) { return Object{{"enter", std::move(channels)}}; }

struct Size {
  int width = kWidth;
  int height = kHeight;
};
Size size_of(const FigurePanel& panel) { return panel.is_plane ? Size{kPlane, kPlane} : Size{}; }

std::string panel_name(std::size_t i, const char* part) { return fmt::format("panel_{}_{}", i, part); }

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
                 {"line", series.mark == FigureSeries::Mark::kLine},
                 {"marker", k % distance == 0}};
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

void add_data(Array& data, const FigurePanel& panel, std::size_t i) {
  if (panel.matrix) {
    data.emplace_back(Object{{"name", panel_name(i, "matrix")}, {"values", grid_of(*panel.matrix)}});
    if (panel.matrix->is_image()) return;
    data.emplace_back(
        Object{{"name", panel_name(i, "cells")}, {"source", panel_name(i, "matrix")}, {"transform", cells_of_grid()}});
    return;
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

Json scale_of(const char* name, const FigureAxis& axis, const FigureRange& range, double begin, double end) {
  if (!axis.categories.empty()) {
    return Object{{"name", name},
                  {"type", "point"},
                  {"domain", texts(axis.categories)},
                  {"range", pair(begin, end)},
                  {"padding", 0.5}};
  }
  const bool is_log = axis.scale == FigureAxis::Scale::kLogarithmic;
  return Object{{"name", name},
                {"type", is_log ? "log" : "linear"},
                {"domain", pair(range.low, range.high)},
                {"range", pair(begin, end)},
                {"zero", false}};
}

/// Of a logarithmic scale `zero` may not be said.
Json without_zero(const Json& scale) {
  Object object = scale.as<Object>();
  if (object[1].second == Json("log")) std::erase_if(object, [](const auto& member) { return member.first == "zero"; });
  return object;
}

Json shade_of(const Figure& figure, const FigureMatrix& matrix) {
  const FigureRange range = range_of_values(figure, matrix);
  const bool is_log = matrix.colour.scale == FigureAxis::Scale::kLogarithmic;
  return Object{{"name", "shade"},
                {"type", is_log ? "log" : "linear"},
                {"domain", pair(range.low, range.high)},
                {"range", Object{{"scheme", "cividis"}}}};
}

Json scales_of(const Figure& figure, const FigurePanel& panel) {
  const Size size = size_of(panel);
  const bool is_down = panel.matrix.has_value();  // row 0 is at the top
  Array scales{
      without_zero(scale_of("x", panel.x, range_of_x(panel), 0, size.width)),
      without_zero(scale_of("y", panel.y, range_of_y(panel), is_down ? 0 : size.height, is_down ? size.height : 0))};
  if (panel.matrix) scales.push_back(shade_of(figure, *panel.matrix));
  return scales;
}

Json axes_of(const FigurePanel& panel) {
  Object x{{"orient", "bottom"}, {"scale", "x"}, {"title", panel.x.label()}, {"labelLimit", 160}, {"labelOverlap", true}};
  if (!panel.x.categories.empty()) {
    x.emplace_back("labelAngle", -40);
    x.emplace_back("labelAlign", "right");
  } else {
    x.emplace_back("tickCount", 6);
  }
  return Array{std::move(x), Object{{"orient", "left"},
                                    {"scale", "y"},
                                    {"title", panel.y.label()},
                                    {"grid", !panel.matrix.has_value()},
                                    {"tickCount", 6},
                                    {"labelOverlap", true}}};
}

Json x_channel(const FigurePanel& panel) {
  if (panel.x.categories.empty()) return scaled("x", "x");
  return Object{{"scale", "x"}, {"field", "category"}, {"offset", scaled("dodge", "name")}};
}

/// Band and line of each series.
Json line_marks(const FigurePanel& panel, std::size_t i) {
  const Json x = x_channel(panel);
  Json area = Object{{"type", "area"},
                     {"from", Object{{"data", "line"}}},
                     {"encode", enter({{"x", x},
                                       {"y", scaled("y", "low")},
                                       {"y2", scaled("y", "high")},
                                       {"defined", Object{{"signal", "isValid(datum.low)"}}},
                                       {"fill", scaled("colour", "name")},
                                       {"fillOpacity", constant(0.2)}})}};
  Json line = Object{{"type", "line"},
                     {"from", Object{{"data", "line"}}},
                     {"encode", enter({{"x", x},
                                       {"y", scaled("y", "y")},
                                       {"defined", Object{{"signal", "isValid(datum.y)"}}},
                                       {"stroke", scaled("colour", "name")},
                                       {"strokeDash", scaled("dash", "name")},
                                       {"strokeWidth", constant(2)}})}};
  Json facet = Object{{"name", "line"}, {"data", panel_name(i, "lines")}, {"groupby", "series"}};
  return Object{
      {"type", "group"}, {"from", Object{{"facet", std::move(facet)}}}, {"marks", Array{std::move(area), std::move(line)}}};
}

Json bar_marks(const FigurePanel& panel, std::size_t i) {
  return Object{{"type", "rule"},
                {"from", Object{{"data", panel_name(i, "bars")}}},
                {"encode", enter({{"x", x_channel(panel)},
                                  {"y", scaled("y", "low")},
                                  {"y2", scaled("y", "high")},
                                  {"stroke", scaled("colour", "name")},
                                  {"strokeWidth", constant(2)}})}};
}

Json marker_marks(const FigurePanel& panel, std::size_t i) {
  return Object{{"type", "symbol"},
                {"from", Object{{"data", panel_name(i, "markers")}}},
                {"encode", enter({{"x", x_channel(panel)},
                                  {"y", scaled("y", "y")},
                                  {"shape", scaled("shape", "name")},
                                  {"fill", scaled("colour", "name")},
                                  {"size", constant(45)}})}};
}

Json cell_marks(std::size_t i) {
  return Object{{"type", "rect"},
                {"from", Object{{"data", panel_name(i, "cells")}}},
                {"encode", enter({{"x", scaled("x", "left")},
                                  {"x2", scaled("x", "right")},
                                  {"y", scaled("y", "top")},
                                  {"y2", scaled("y", "bottom")},
                                  {"fill", scaled("shade", "value")}})}};
}

/// The grid as one picture; cells without a number are white.
Json image_marks(std::size_t i) {
  constexpr const char* kColour = "isValid(datum.$value) && isFinite(datum.$value) ? scale('shade', datum.$value) : 'white'";
  return Object{
      {"type", "image"},
      {"from", Object{{"data", panel_name(i, "matrix")}}},
      {"encode", enter({{"x", constant(0)},
                        {"y", constant(0)},
                        {"width", constant(kWidth)},
                        {"height", constant(kHeight)},
                        {"aspect", constant(false)},
                        {"smooth", constant(false)}})},
      {"transform",
       Array{Object{{"type", "heatmap"}, {"field", "datum"}, {"color", Object{{"expr", kColour}}}, {"opacity", 1}}}}};
}

Json panel_of(const Figure& figure, std::size_t i) {
  const FigurePanel& panel = figure.panels[i];
  const Size size = size_of(panel);
  Array marks;
  Array legends;
  if (panel.matrix) {
    marks.push_back(panel.matrix->is_image() ? image_marks(i) : cell_marks(i));
    legends.emplace_back(Object{{"fill", "shade"}, {"type", "gradient"}, {"title", panel.matrix->colour.label()}});
  } else {
    marks = {line_marks(panel, i), bar_marks(panel, i), marker_marks(panel, i)};
  }
  Object group{{"type", "group"},
               {"encode", enter({{"width", constant(size.width)}, {"height", constant(size.height)}})},
               // Grids are as long as these say.
               {"signals",
                Array{Object{{"name", "width"}, {"value", size.width}}, Object{{"name", "height"}, {"value", size.height}}}},
               {"scales", scales_of(figure, panel)},
               {"axes", axes_of(panel)},
               {"legends", std::move(legends)},
               {"marks", std::move(marks)}};
  if (!panel.title.empty())
    group.emplace_back("title", Object{{"text", panel.title}, {"anchor", "start"}, {"fontWeight", "normal"}});
  return group;
}

/// The style of each series, by its name.
Json style_scales(const std::vector<std::string>& names) {
  Array colours;
  Array dashes;
  Array shapes;
  Array places;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const SeriesStyle& style = series_style(i);
    Array dash;
    for (const int length : style.dash) dash.emplace_back(length);
    if (dash.empty()) dash = {1, 0};
    colours.emplace_back(style.colour);
    dashes.emplace_back(std::move(dash));
    shapes.emplace_back(style.vega_shape);
    places.emplace_back(8 * (static_cast<double>(i) - (static_cast<double>(names.size()) - 1) / 2));
  }
  const auto scale = [&](const char* name, Array range) {
    return Object{{"name", name}, {"type", "ordinal"}, {"domain", texts(names)}, {"range", std::move(range)}};
  };
  return Array{scale("colour", std::move(colours)), scale("dash", std::move(dashes)), scale("shape", std::move(shapes)),
               scale("dodge", std::move(places))};
}

}  // namespace

Json figure_vega(const Figure& figure) {
  const std::size_t line = figure.panels.size() > 1 ? 130 : 72;  // bytes of a line of text below the title
  const std::vector<std::string> names = series_names(figure);
  Array data;
  Array marks;
  Array legends;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    add_data(data, figure.panels[i], i);
    marks.push_back(panel_of(figure, i));
  }
  if (!names.empty()) {
    legends.emplace_back(Object{
        {"fill", "colour"}, {"shape", "shape"}, {"orient", "bottom"}, {"direction", "vertical"}, {"labelLimit", 600}});
  }
  return Object{{"$schema", "https://vega.github.io/schema/vega/v5.json"},
                {"description", figure.title + ". " + figure.caption},
                {"background", "white"},
                {"padding", 8},
                {"title", Object{{"text", figure.title},
                                 {"subtitle", texts(wrapped(figure.caption, line))},
                                 {"anchor", "start"},
                                 {"frame", "group"},
                                 {"offset", 12}}},
                {"data", std::move(data)},
                {"scales", style_scales(names)},
                {"legends", std::move(legends)},
                {"layout", Object{{"columns", figure.panels.size() > 1 ? 2 : 1}, {"padding", 30}, {"align", "each"}}},
                {"marks", std::move(marks)}};
}

std::string figure_vega_text(const Figure& figure) {
  const std::string indented = json_text(figure_vega(figure));
  std::string text;
  bool is_indent = false;
  for (const char c : indented) {
    is_indent = c == '\n' || (is_indent && c == ' ');  // texts have no ends of lines as they are
    if (!is_indent) text += c;
  }
  return text + "\n";
}

}  // namespace fovea
