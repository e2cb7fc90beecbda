#include <algorithm>
#include <cmath>

#include "framework/report/figure.h"

namespace fovea {
namespace {

class Extremes {
 public:
  void add(double value) {
    if (std::isnan(value)) return;
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
  }
  FigureRange range(FigureAxis::Scale scale) const {
    if (low_ > high_) return {};
    if (low_ < high_) return {low_, high_};
    if (scale == FigureAxis::Scale::kLogarithmic) return {low_ / 2, high_ * 2};
    if (low_ == 0) return {0, 1};
    const double margin = std::abs(low_) / 10;
    return {low_ - margin, high_ + margin};
  }

 private:
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
};

/// A little more on both sides, so that no marker lies on the frame.
FigureRange with_margin(FigureRange range, FigureAxis::Scale scale) {
  constexpr double kMargin = 0.04;
  if (scale == FigureAxis::Scale::kLogarithmic) {
    const double factor = std::pow(range.high / range.low, kMargin);
    return {range.low / factor, range.high * factor};
  }
  const double margin = (range.high - range.low) * kMargin;
  return {range.low - margin, range.high + margin};
}

/// The range of one axis of the points.
template <class Visit>
FigureRange point_range(const FigurePanel& panel, const FigureAxis& axis, const Visit& visit) {
  Extremes extremes;
  if (axis.reference) extremes.add(*axis.reference);
  for (const FigureSeries& series : panel.series) {
    for (const FigurePoint& point : series.points) visit(extremes, point);
  }
  return with_margin(extremes.range(axis.scale), axis.scale);
}

FigureRange plain_x(const FigurePanel& panel) {
  return point_range(panel, panel.x, [](Extremes& extremes, const FigurePoint& point) { extremes.add(point.x); });
}

FigureRange plain_y(const FigurePanel& panel) {
  return point_range(panel, panel.y, [](Extremes& extremes, const FigurePoint& point) {
    for (const double value : {point.y, point.low, point.high}) extremes.add(value);
  });
}

/// The range widened around its middle.
FigureRange widened(const FigureRange& range, double width) {
  const double middle = (range.low + range.high) / 2;
  return {middle - width / 2, middle + width / 2};
}

double common_width(const FigurePanel& panel) {
  const FigureRange x = plain_x(panel);
  const FigureRange y = plain_y(panel);
  return std::max(x.high - x.low, y.high - y.low);
}

}  // namespace

FigureRange range_of_x(const FigurePanel& panel) {
  if (panel.matrix) return {panel.matrix->column_edges.front(), panel.matrix->column_edges.back()};
  if (!panel.x.categories.empty()) return {-0.5, static_cast<double>(panel.x.categories.size()) - 0.5};
  return panel.is_plane ? widened(plain_x(panel), common_width(panel)) : plain_x(panel);
}

FigureRange range_of_y(const FigurePanel& panel) {
  if (panel.matrix) return {panel.matrix->row_edges.front(), panel.matrix->row_edges.back()};
  return panel.is_plane ? widened(plain_y(panel), common_width(panel)) : plain_y(panel);
}

bool shares_categories(const Figure& figure) {
  return std::all_of(figure.panels.begin(), figure.panels.end(), [&](const FigurePanel& panel) {
    return panel.is_turned && !panel.x.categories.empty() && panel.x.categories == figure.panels.front().x.categories;
  });
}

int columns_of(const Figure& figure) {
  const bool is_small =
      shares_categories(figure) || std::all_of(figure.panels.begin(), figure.panels.end(),
                                               [](const auto& p) { return p.matrix && !p.matrix->has_key(); });
  const auto panels = static_cast<int>(figure.panels.size());
  return std::min(panels, is_small && panels != 4 ? 3 : 2);
}

FigureRange range_of_values(const Figure& figure, const FigureMatrix& matrix) {
  Extremes extremes;
  for (const FigurePanel& panel : figure.panels) {
    const bool is_alike =
        panel.matrix && panel.matrix->colour.name == matrix.colour.name && panel.matrix->colour.scale == matrix.colour.scale;
    if (!is_alike) continue;
    for (const double value : panel.matrix->values) extremes.add(value);
  }
  return extremes.range(matrix.colour.scale);
}

}  // namespace fovea
