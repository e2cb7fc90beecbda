#include "framework/report/vega_parts.h"

#include <fmt/format.h>
#include <cmath>
#include <utility>

namespace fovea::vega {

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

Size size_of(const FigurePanel& panel) {
  constexpr Size kPlain{420, 260};
  constexpr Size kPlane{320, 320};
  constexpr int kLineOfNames = 26;
  if (panel.is_turned) return {300, kLineOfNames * (static_cast<int>(panel.x.categories.size()) + 1)};
  return panel.is_plane ? kPlane : kPlain;
}

std::string panel_name(std::size_t i, const char* part) { return fmt::format("panel_{}_{}", i, part); }

}  // namespace fovea::vega
