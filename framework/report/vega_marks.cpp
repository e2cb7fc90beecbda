#include <utility>

#include "framework/report/vega_parts.h"

namespace fovea::vega {
namespace {

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
Json image_marks(const FigurePanel& panel, std::size_t i) {
  const Size size = size_of(panel);
  constexpr const char* kColour = "isValid(datum.$value) && isFinite(datum.$value) ? scale('shade', datum.$value) : 'white'";
  return Object{
      {"type", "image"},
      {"from", Object{{"data", panel_name(i, "matrix")}}},
      {"encode", enter({{"x", constant(0)},
                        {"y", constant(0)},
                        {"width", constant(size.width)},
                        {"height", constant(size.height)},
                        {"aspect", constant(false)},
                        {"smooth", constant(false)}})},
      {"transform",
       Array{Object{{"type", "heatmap"}, {"field", "datum"}, {"color", Object{{"expr", kColour}}}, {"opacity", 1}}}}};
}

}  // namespace

Array marks_of(const FigurePanel& panel, std::size_t i) {
  if (panel.matrix) return {panel.matrix->is_image() ? image_marks(panel, i) : cell_marks(i)};
  return {line_marks(panel, i), bar_marks(panel, i), marker_marks(panel, i)};
}

}  // namespace fovea::vega
