#include "framework/report/figure.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/report/figure_thinned.h"

namespace fovea {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

constexpr std::size_t kLongName = 100;
constexpr std::size_t kLongText = 4000;

void make_different(std::set<std::string>& taken, std::string& name) {
  const std::string given = name;
  for (int i = 2; !taken.insert(name).second; ++i) name = fmt::format("{} ({})", given, i);
}

void clean(FigureAxis& axis) {
  axis.name = short_text(axis.name, kLongName);
  axis.units = short_text(axis.units, kLongName);
  std::set<std::string> taken;
  for (std::string& category : axis.categories) {
    category = short_text(category, kLongName);
    make_different(taken, category);
  }
}

void say(Figure& figure, const std::string& sentence) {
  if (figure.caption.find(sentence) != std::string::npos) return;
  figure.caption += (figure.caption.empty() ? "" : " ") + sentence;
}

double shown_number(double value, FigureAxis::Scale scale) {
  const bool is_shown = std::isfinite(value) && (scale == FigureAxis::Scale::kLinear || value > 0);
  return is_shown ? value : kMissing;
}

/// What its axes cannot show is NaN; returns how many points that leaves without a place.
Extent hide_unseen(const FigurePanel& panel, std::vector<FigurePoint>& points) {
  Extent hidden = 0;
  for (FigurePoint& point : points) {
    const bool had_place = !std::isnan(point.x) && !std::isnan(point.y);
    point.x = shown_number(point.x, panel.x.scale);
    point.y = shown_number(point.y, panel.y.scale);
    if (std::isnan(point.x) || std::isnan(point.y)) {
      point = {point.x, kMissing};
      hidden += had_place ? 1 : 0;
    }
    const double low = shown_number(point.low, panel.y.scale);
    const double high = shown_number(point.high, panel.y.scale);
    const bool has_band = !std::isnan(low) && !std::isnan(high);
    point.low = has_band ? low : kMissing;
    point.high = has_band ? high : kMissing;
  }
  // Without an x there is no place even for a gap.
  std::erase_if(points, [](const FigurePoint& point) { return std::isnan(point.x); });
  return hidden;
}

void finish_series(Figure& figure, FigurePanel& panel) {
  Extent hidden = 0;
  std::set<std::string> taken;
  for (FigureSeries& series : panel.series) {
    if (!series.name.empty()) make_different(taken, series.name = short_text(series.name, kLongName));
    hidden += hide_unseen(panel, series.points);
    if (series.points.size() <= kMostPoints) continue;
    series.points = thinned(series.points, kMostPoints);
    say(figure, thinned_sentence(kMostPoints));
  }
  if (hidden > 0) {
    say(figure,
        fmt::format("{} of the points {} no place on the axes of '{}': not finite, or not above 0 on a logarithmic axis.",
                    hidden, hidden == 1 ? "has" : "have", panel.title.empty() ? panel.y.name : panel.title));
  }
}

/// Those that no style is left for.
void drop_series(Figure& figure) {
  const std::vector<std::string> names = series_names(figure);
  std::set<std::string> dropped;
  for (FigurePanel& panel : figure.panels) {
    std::erase_if(panel.series, [&](const FigureSeries& series) {
      const bool is_kept = series.name.empty() || std::find(names.begin(), names.end(), series.name) != names.end();
      if (!is_kept) dropped.insert(series.name);
      return !is_kept;
    });
  }
  if (dropped.empty()) return;
  say(figure,
      fmt::format("The first {} of {} are drawn, as no more can be told apart.", kMostSeries, kMostSeries + dropped.size()));
}

void cut_categories(Figure& figure, FigurePanel& panel) {
  const std::size_t count = panel.x.categories.size();
  if (count <= kMostCategories) return;
  panel.x.categories.resize(kMostCategories);
  for (FigureSeries& series : panel.series) {
    std::erase_if(series.points, [](const FigurePoint& point) { return point.x >= static_cast<double>(kMostCategories); });
  }
  say(figure, fmt::format("The first {} of {} are drawn.", kMostCategories, count));
}

bool ascends(const std::vector<double>& edges) {
  return edges.size() > 1 && std::all_of(edges.begin(), edges.end(), [](double edge) { return std::isfinite(edge); }) &&
         std::is_sorted(edges.begin(), edges.end(), std::less_equal<>());
}

void finish_matrix(FigureMatrix& matrix) {
  const auto cells = matrix.columns() * matrix.rows();
  if (!ascends(matrix.column_edges) || !ascends(matrix.row_edges) || cells != static_cast<Extent>(matrix.values.size())) {
    throw Error("figure",
                fmt::format("expected a matrix with ascending edges, one more than it has rows and columns; {} and {} "
                            "edges came with {} values; give as many as there are.",
                            matrix.row_edges.size(), matrix.column_edges.size(), matrix.values.size()));
  }
  clean(matrix.colour);
  for (double& value : matrix.values) value = shown_number(value, matrix.colour.scale);
}

bool has_number(const FigurePanel& panel) {
  const auto is_number = [](double value) { return !std::isnan(value); };
  if (panel.matrix && std::any_of(panel.matrix->values.begin(), panel.matrix->values.end(), is_number)) return true;
  return std::any_of(panel.series.begin(), panel.series.end(), [&](const FigureSeries& series) {
    return std::any_of(series.points.begin(), series.points.end(), [&](const FigurePoint& p) { return is_number(p.y); });
  });
}

}  // namespace

std::string short_text(const std::string& text, std::size_t most) {
  std::string shown = printable(text);
  if (shown.size() <= most) return shown;
  std::size_t end = 0;
  while (end + 3 < most) end += std::max<std::size_t>(utf8_length(shown, end), 1);
  return shown.substr(0, end) + "...";
}

std::string FigureAxis::label() const { return units == "1" || units.empty() ? name : name + " (" + units + ")"; }

double FigureMatrix::column_centre(Extent column) const {
  const auto i = static_cast<std::size_t>(column);
  return (column_edges[i] + column_edges[i + 1]) / 2;
}

double FigureMatrix::row_centre(Extent row) const {
  const auto i = static_cast<std::size_t>(row);
  return (row_edges[i] + row_edges[i + 1]) / 2;
}

bool FigureMatrix::is_image() const {
  constexpr Extent kMostMarks = 10'000;
  return columns() * rows() > kMostMarks;
}

std::vector<std::string> series_names(const Figure& figure) {
  std::vector<std::string> names;
  for (const FigurePanel& panel : figure.panels) {
    for (const FigureSeries& series : panel.series) {
      const bool is_new = !series.name.empty() && std::find(names.begin(), names.end(), series.name) == names.end();
      if (is_new && names.size() < kMostSeries) names.push_back(series.name);
    }
  }
  return names;
}

Figure finished(Figure figure) {
  figure.title = short_text(figure.title, kLongText);
  figure.caption = short_text(figure.caption, kLongText);
  if (figure.panels.size() > kMostPanels) {
    say(figure, fmt::format("The first {} of {} panels are drawn.", kMostPanels, figure.panels.size()));
    figure.panels.resize(kMostPanels);
  }
  for (FigurePanel& panel : figure.panels) {
    panel.title = short_text(panel.title, 2 * kLongName);
    cut_categories(figure, panel);
    clean(panel.x);
    clean(panel.y);
    finish_series(figure, panel);
    if (panel.matrix) finish_matrix(*panel.matrix);
  }
  std::erase_if(figure.panels, [](const FigurePanel& panel) { return !has_number(panel); });
  drop_series(figure);
  if (figure.panels.empty()) {
    throw Error("figure",
                "expected at least one number that can be drawn; there is none; choose other runs, another --metric "
                "or another --site.");
  }
  return figure;
}

}  // namespace fovea
