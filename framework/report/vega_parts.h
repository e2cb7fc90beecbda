#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "framework/report/figure.h"
#include "framework/results/json.h"

// Parts of a Vega specification. Every expression in one is a literal of the files vega_*.cpp.
namespace fovea::vega {

using Array = Json::Array;
using Object = Json::Object;

/// A number; null for NaN.
Json number(double value);
Json numbers(const std::vector<double>& values);
Json texts(const std::vector<std::string>& values);
Json pair(double first, double second);

/// Channels of a mark, and what is set once for it.
Json constant(Json value);
Json scaled(const char* scale, const char* field);
Json enter(Object channels);

/// Of the inside of a panel, in pixels.
struct Size {
  int width = 0;
  int height = 0;
};
Size size_of(const FigurePanel& panel);

/// "panel_0_points": the name of a data set.
std::string panel_name(std::size_t i, const char* part);

/// The data sets of a panel.
void add_data(Array& data, const FigurePanel& panel, std::size_t i);

Json scales_of(const Figure& figure, const FigurePanel& panel);
enum class Names : std::uint8_t { kWritten, kLeftOut };
/// `names`: whether the categories of a turned panel are named.
Json axes_of(const FigurePanel& panel, Names names);
/// The style of each series, by its name, for all panels; that of a series without a name comes after the others.
Json style_scales(const std::vector<std::string>& names);

/// What is drawn between the axes.
Array marks_of(const FigurePanel& panel, std::size_t i);

}  // namespace fovea::vega
