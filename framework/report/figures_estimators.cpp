#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/results/read_arrays.h"
#include "framework/results/read_outline.h"
#include "framework/runs/found_run.h"

namespace fovea {
namespace {

struct Quantity {
  const char* column;
  const char* name;
};

constexpr std::array kQuantities = {Quantity{"bias", "bias, relative"}, Quantity{"variance", "variance, relative"},
                                    Quantity{"square_error", "square error, relative"}, Quantity{"cosine", "cosine"}};
constexpr const char* kNoise = "bias_error";  // the bias that would be measured if there were none

/// What `fovea study` wrote: a row for each candidate.
struct Study {
  std::string kind;  // estimator or selector
  TextPairs attributes;
  std::vector<std::string> rows;
  std::map<std::string, NumberArray> columns;

  std::string text(const std::string& name) const { return text_of(attributes, name); }
};

std::optional<Study> study_in(const FoundRun& file) {
  try {
    const std::vector<std::string> root{"/", "/estimator", "/selector"};
    std::map<std::string, OutlineEntry> outline = read_outline(file.file, root);
    Study study;
    study.kind = outline.count("/estimator") > 0 ? "estimator" : "selector";
    study.attributes = std::move(outline["/"].attributes);
    study.rows = std::move(outline["/" + study.kind].texts);
    std::vector<std::string> paths{std::string("/") + kNoise};
    for (const Quantity& quantity : kQuantities) paths.push_back(std::string("/") + quantity.column);
    study.columns = read_arrays(file.file, paths);
    const auto fits = [&](const auto& column) { return column.second.values.size() == study.rows.size(); };
    constexpr std::size_t kMostRows = 1000;
    const bool is_whole = !study.rows.empty() && study.rows.size() <= kMostRows && study.columns.size() == paths.size() &&
                          std::all_of(study.columns.begin(), study.columns.end(), fits);
    return is_whole ? std::optional(std::move(study)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // a file of something else
  }
}

std::vector<Study> studies_in(const RunGroups& runs) {
  std::vector<Study> studies;
  for (const FoundRun& file : runs.unread) {
    if (studies.size() > kMostSeries) break;
    if (std::optional<Study> study = study_in(file)) studies.push_back(*std::move(study));
  }
  if (!studies.empty()) return studies;
  throw Error("figure",
              "expected the results of a study; none of the files is one; make one with 'fovea study estimators EXPERIMENT "
              "-o study.h5' and give its path.");
}

/// The rows of all studies, in the order of the first.
std::vector<std::string> rows_of(const std::vector<Study>& studies) {
  std::vector<std::string> rows;
  for (const Study& study : studies) {
    for (const std::string& row : study.rows) {
      if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
    }
  }
  return rows;
}

FigureSeries series_of(const Study& study, const std::vector<std::string>& rows, const std::string& column,
                       std::string name) {
  FigureSeries series{std::move(name), FigureSeries::Mark::kPoints, {}};
  const NumberArray& values = study.columns.at(std::string("/") + column);
  for (std::size_t i = 0; i < study.rows.size(); ++i) {
    const auto place = std::find(rows.begin(), rows.end(), study.rows[i]) - rows.begin();
    series.points.push_back({static_cast<double>(place), values.values[i]});
  }
  return series;
}

/// Logarithmic where the largest number is a hundred times the least above rounding.
void choose_scale(FigurePanel& panel) {
  constexpr double kRounding = 1e-6;
  double least = std::numeric_limits<double>::infinity();
  double largest = 0;
  for (const FigureSeries& series : panel.series) {
    for (const FigurePoint& point : series.points) {
      if (point.y < 0) return;
      if (point.y > kRounding && std::isfinite(point.y)) least = std::min(least, point.y);
      largest = std::max(largest, std::isfinite(point.y) ? point.y : 0);
    }
  }
  if (largest < 100 * least) return;
  panel.y.scale = FigureAxis::Scale::kLogarithmic;
  for (FigureSeries& series : panel.series) {
    for (FigurePoint& point : series.points) point.y = point.y <= kRounding ? 0 : point.y;
  }
}

std::string name_of(const Study& study) {
  return fmt::format("{}/{}, {}", study.text("experiment"), study.text("run"), study.text("site"));
}

std::string caption_of(const std::vector<Study>& studies) {
  const Study& first = studies.front();
  std::string text = fmt::format(
      "{} gradients of each {}, seed {}, against the exact gradient. Bias is relative to its length, variance and square "
      "error to the square of it; the cosine is that of one sample with it, on average.",
      first.text("samples"), first.kind, first.text("seed"));
  return studies.size() > 1 ? text + " Samples and seed are those of the first study." : text;
}

}  // namespace

Figure estimators_figure(const RunGroups& runs, const FigureRequest& /*request*/) {
  const std::vector<Study> studies = studies_in(runs);
  const std::vector<std::string> rows = rows_of(studies);
  const bool is_alone = studies.size() == 1;
  Figure figure{fmt::format("{}: {}s against the exact gradient", name_of(studies.front()), studies.front().kind),
                caption_of(studies),
                {}};
  for (const Quantity& quantity : kQuantities) {
    FigurePanel panel;
    panel.is_turned = true;
    panel.x.name = studies.front().kind;
    panel.x.categories = rows;
    panel.y.name = quantity.name;
    for (const Study& study : studies) {
      panel.series.push_back(series_of(study, rows, quantity.column, is_alone ? "measured" : name_of(study)));
    }
    if (is_alone && std::string(quantity.column) == "bias") {
      panel.series.push_back(series_of(studies.front(), rows, kNoise, "what is measured without any bias"));
    }
    choose_scale(panel);
    figure.panels.push_back(std::move(panel));
  }
  if (!is_alone) figure.title = fmt::format("{} studies against the exact gradient", studies.size());
  return figure;
}

}  // namespace fovea
