#include <algorithm>
#include <array>

#include "framework/core/text.h"
#include "framework/report/figure_writers.h"

namespace fovea {

const SeriesStyle& series_style(std::size_t place) {
  static const std::array<SeriesStyle, kMostSeries> kStyles = {{{"#0072B2", {}, "circle", 7},
                                                                {"#D55E00", {8, 4}, "square", 5},
                                                                {"#009E73", {2, 3}, "triangle-up", 9},
                                                                {"#CC79A7", {10, 3, 2, 3}, "diamond", 13},
                                                                {"#000000", {14, 4}, "triangle-down", 11}}};
  return kStyles[place % kStyles.size()];
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (text.size() - begin > width) {
    std::size_t end = text.rfind(' ', begin + width);
    const bool is_between = end != std::string::npos && end > begin;
    if (!is_between) {
      end = begin;
      while (end < begin + width) end += std::max<std::size_t>(utf8_length(text, end), 1);
    }
    lines.push_back(text.substr(begin, end - begin));
    begin = end + (is_between ? 1 : 0);
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

std::size_t marker_distance(const FigureSeries& series) {
  constexpr std::size_t kMarkers = 24;
  if (series.mark == FigureSeries::Mark::kOutline) return 0;
  if (series.mark == FigureSeries::Mark::kPoints) return 1;
  return std::max<std::size_t>(1, (series.points.size() + kMarkers - 1) / kMarkers);
}

}  // namespace fovea
