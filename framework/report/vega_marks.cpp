#include <utility>

#include "framework/report/vega_parts.h"

namespace fovea::vega {
namespace {

/// The channels, and scales, along the axes of x and of y.
struct Channels {
  const char* x;
  const char* y;
  const char* y2;
};
Channels channels_of(const FigurePanel& panel) {
  return panel.is_turned ? Channels{"y", "x", "x2"} : Channels{"x", "y", "y2"};
}

Json x_channel(const FigurePanel& panel) {
  const char* const scale = channels_of(panel).x;
  if (panel.x.categories.empty()) return scaled(scale, "x");
  return Object{{"scale", scale}, {"field", "category"}, {"offset", scaled("dodge", "name")}};
}

/// Band and line of each series.
Json line_marks(const FigurePanel& panel, std::size_t i) {
  const auto [x, y, y2] = channels_of(panel);
  const Json place = x_channel(panel);
  Json area = Object{{"type", "area"},
                     {"from", Object{{"data", "line"}}},
                     {"encode", enter({{x, place},
                                       {y, scaled(y, "low")},
                                       {y2, scaled(y, "high")},
                                       {"defined", Object{{"signal", "isValid(datum.low)"}}},
                                       {"fill", scaled("colour", "name")},
                                       {"fillOpacity", constant(0.2)}})}};
  Json line = Object{{"type", "line"},
                     {"from", Object{{"data", "line"}}},
                     {"encode", enter({{x, place},
                                       {y, scaled(y, "y")},
                                       {"defined", Object{{"signal", "isValid(datum.y)"}}},
                                       {"stroke", scaled("colour", "name")},
                                       {"strokeDash", scaled("dash", "name")},
                                       {"strokeWidth", constant(panel.matrix ? 3 : 2)}})}};
  Json facet = Object{{"name", "line"}, {"data", panel_name(i, "lines")}, {"groupby", "series"}};
  return Object{
      {"type", "group"}, {"from", Object{{"facet", std::move(facet)}}}, {"marks", Array{std::move(area), std::move(line)}}};
}

Json bar_marks(const FigurePanel& panel, std::size_t i) {
  const auto [x, y, y2] = channels_of(panel);
  return Object{{"type", "rule"},
                {"from", Object{{"data", panel_name(i, "bars")}}},
                {"encode", enter({{x, x_channel(panel)},
                                  {y, scaled(y, "low")},
                                  {y2, scaled(y, "high")},
                                  {"stroke", scaled("colour", "name")},
                                  {"strokeWidth", constant(2)}})}};
}

Json marker_marks(const FigurePanel& panel, std::size_t i) {
  const auto [x, y, y2] = channels_of(panel);
  return Object{{"type", "symbol"},
                {"from", Object{{"data", panel_name(i, "markers")}}},
                {"encode", enter({{x, x_channel(panel)},
                                  {y, scaled(y, "y")},
                                  {"shape", scaled("shape", "name")},
                                  {"fill", scaled("colour", "name")},
                                  {"size", constant(45)}})}};
}

/// A line across the panel, along the axis of y at one of its numbers or the other way round.
Json reference_mark(const FigurePanel& panel, const char* channel, double place) {
  const Size size = size_of(panel);
  const bool is_across = channel[0] == 'y';
  return Object{{"type", "rule"},
                {"encode", enter({{channel, Object{{"scale", channel}, {"value", place}}},
                                  {is_across ? "x" : "y", constant(0)},
                                  {is_across ? "x2" : "y2", constant(is_across ? size.width : size.height)},
                                  {"stroke", constant("#666666")}})}};
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
  const auto [x, y, y2] = channels_of(panel);
  Array marks;
  if (panel.matrix) marks.push_back(panel.matrix->is_image() ? image_marks(panel, i) : cell_marks(i));
  if (panel.x.reference) marks.push_back(reference_mark(panel, x, *panel.x.reference));
  if (panel.y.reference) marks.push_back(reference_mark(panel, y, *panel.y.reference));
  if (panel.matrix && panel.series.empty()) return marks;
  marks.push_back(line_marks(panel, i));
  marks.push_back(bar_marks(panel, i));
  marks.push_back(marker_marks(panel, i));
  return marks;
}

}  // namespace fovea::vega
