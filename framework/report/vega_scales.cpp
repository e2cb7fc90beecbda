#include <utility>

#include "framework/report/figure_writers.h"
#include "framework/report/vega_parts.h"

namespace fovea::vega {
namespace {

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
                {"range", Object{{"scheme", matrix.colours == FigureMatrix::Colours::kInk ? "greys" : "cividis"}}}};
}

}  // namespace

Json scales_of(const Figure& figure, const FigurePanel& panel) {
  const Size size = size_of(panel);
  const bool is_down = panel.matrix || panel.is_turned;  // row 0, or the first category, is at the top
  const FigureRange x = range_of_x(panel);
  const FigureRange y = range_of_y(panel);
  Array scales{without_zero(scale_of("x", panel.across(), panel.is_turned ? y : x, 0, size.width)),
               without_zero(scale_of("y", panel.upright(), panel.is_turned ? x : y, is_down ? 0 : size.height,
                                     is_down ? size.height : 0))};
  if (panel.matrix) scales.push_back(shade_of(figure, *panel.matrix));
  return scales;
}

Json axes_of(const FigurePanel& panel, Names names) {
  const FigureAxis& across = panel.across();
  const FigureAxis& upright = panel.upright();
  Object x{{"orient", "bottom"}, {"scale", "x"}, {"title", across.label()}, {"labelLimit", 160}, {"labelOverlap", true}};
  if (!across.categories.empty()) {
    x.emplace_back("labelAngle", -40);
    x.emplace_back("labelAlign", "right");
  } else {
    x.emplace_back("tickCount", 6);
  }
  if (panel.is_turned) x.emplace_back("grid", true);
  Object y{{"orient", "left"},
           {"scale", "y"},
           {"title", names == Names::kWritten ? upright.label() : ""},
           {"grid", !panel.matrix && !panel.is_turned},
           {"tickCount", 6},
           {"labelOverlap", true}};
  if (panel.is_turned) y.emplace_back("labelLimit", 420);
  if (names == Names::kLeftOut) y.emplace_back("labels", false);
  return Array{std::move(x), std::move(y)};
}

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

}  // namespace fovea::vega
