#include "framework/report/figure_thinned.h"

#include <fmt/format.h>
#include <cmath>
#include <utility>

namespace fovea {

std::vector<FigurePoint> thinned(const std::vector<FigurePoint>& points, std::size_t most) {
  const std::size_t parts = most / 2;
  std::vector<FigurePoint> kept;
  for (std::size_t part = 0; part < parts; ++part) {
    const auto begin = points.begin() + static_cast<std::ptrdiff_t>(part * points.size() / parts);
    const auto end = points.begin() + static_cast<std::ptrdiff_t>((part + 1) * points.size() / parts);
    auto least = end;
    auto largest = end;
    for (auto point = begin; point != end; ++point) {
      if (std::isnan(point->y)) continue;
      if (least == end || point->y < least->y) least = point;
      if (largest == end || point->y > largest->y) largest = point;
    }
    if (least == end) least = largest = begin;
    if (largest < least) std::swap(least, largest);
    kept.push_back(*least);
    if (largest != least) kept.push_back(*largest);
  }
  return kept;
}

std::string thinned_sentence(std::size_t most) {
  return fmt::format("Of a series of more than {} points, the least and the largest of each part are drawn.", most);
}

void thin_series(Figure& figure, std::size_t most) {
  bool is_thinned = false;
  for (FigurePanel& panel : figure.panels) {
    for (FigureSeries& series : panel.series) {
      if (series.points.size() <= most) continue;
      series.points = thinned(series.points, most);
      is_thinned = true;
    }
  }
  if (!is_thinned) return;
  const std::string before = " " + thinned_sentence(kMostPoints);
  if (const auto place = figure.caption.find(before); place != std::string::npos) figure.caption.erase(place, before.size());
  figure.caption += (figure.caption.empty() ? "" : " ") + thinned_sentence(most);
}

}  // namespace fovea
