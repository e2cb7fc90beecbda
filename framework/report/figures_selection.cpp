#include <fmt/format.h>
#include <array>
#include <utility>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/report/group_series.h"
#include "framework/report/site_choice.h"

namespace fovea {
namespace {

struct Quantity {
  const char* array;
  const char* name;
  const char* units;
};

constexpr std::array kQuantities = {Quantity{"mean_entropy", "entropy of the weights", "nat"},
                                    Quantity{"distinct_items", "items that have the largest weight", "1"},
                                    Quantity{"dead_share", "share of items never kept", "1"},
                                    Quantity{"largest_share", "share of the item chosen most", "1"},
                                    Quantity{"selection_accuracy", "share of right choices", "1"}};

/// What is one line in every panel.
struct Line {
  std::string name;
  std::string site;
  std::vector<std::map<std::string, NumberArray>> runs;
};

std::map<std::string, NumberArray> read_site(const FoundRun& run, const std::string& site, const FigureRequest& request) {
  std::vector<std::string> paths{site_array(site, "over_training/step")};
  for (const Quantity& quantity : kQuantities) {
    paths.push_back(site_array(site, std::string("over_training/") + quantity.array));
  }
  return site_arrays(run, request, paths);
}

Line line_of(const RunGroup& group, const std::string& site, const FigureRequest& request) {
  Line line{"", site, {}};
  for (const FoundRun* run : counted_runs(group)) {
    std::map<std::string, NumberArray> arrays = read_site(*run, site, request);
    if (!arrays.empty()) line.runs.push_back(std::move(arrays));
  }
  return line;
}

std::vector<Curve> curves_of(const Line& line, const Quantity& quantity) {
  std::vector<Curve> curves;
  for (const std::map<std::string, NumberArray>& run : line.runs) {
    const auto steps = run.find(site_array(line.site, "over_training/step"));
    const auto values = run.find(site_array(line.site, std::string("over_training/") + quantity.array));
    if (steps == run.end() || values == run.end() || steps->second.shape != values->second.shape) continue;
    Curve curve{{}, values->second.values};
    for (const double step : steps->second.values) curve.steps.push_back(static_cast<Extent>(step));
    curves.push_back(std::move(curve));
  }
  return curves;
}

/// A line for each group; where there is one group, a line for each of its sites.
std::vector<Line> lines_of(const RunGroups& runs, const std::vector<std::string>& sites, const FigureRequest& request) {
  std::vector<Line> lines;
  if (runs.groups.size() == 1 && sites.size() > 1) {
    for (std::size_t i = 0; i < sites.size() && lines.size() < kMostSeries; ++i) {
      lines.push_back(line_of(runs.groups.front(), sites[i], request));
      lines.back().name = fmt::format("{} (n = {})", sites[i], lines.back().runs.size());
    }
    return lines;
  }
  for (const RunGroup& group : runs.groups) {
    lines.push_back(line_of(group, sites.front(), request));
    lines.back().name = group_label(runs, group, lines.back().runs.size());
  }
  return lines;
}

std::string sites_caption(const RunGroups& runs, const std::vector<std::string>& sites) {
  if (sites.size() == 1) return fmt::format(" Site {}.", sites.front());
  if (runs.groups.size() > 1) {
    return fmt::format(" Site {}, the first of {} (--site chooses another).", sites.front(), sites.size());
  }
  return sites.size() <= kMostSeries
             ? ""
             : fmt::format(" The first {} of {} sites are drawn (--site chooses another).", kMostSeries, sites.size());
}

}  // namespace

Figure selection_figure(const RunGroups& runs, const FigureRequest& request) {
  expect_groups(runs);
  const std::vector<std::string> sites = sites_of(runs, request);
  const std::vector<Line> lines = lines_of(runs, sites, request);
  Figure figure{groups_title(runs) + ": how it chooses over training", "", {}};
  for (const Quantity& quantity : kQuantities) {
    FigurePanel panel;
    panel.x.name = "training step";
    panel.y = {quantity.name, quantity.units};
    for (const Line& line : lines) {
      std::vector<Curve> curves = curves_of(line, quantity);
      if (!curves.empty()) panel.series.push_back(band_series(line.name, std::move(curves)));
    }
    if (!panel.series.empty()) figure.panels.push_back(std::move(panel));
  }
  if (figure.panels.empty()) {
    throw Error("figure",
                fmt::format("expected what the site {} chose at evaluations during training; no run has kept it; train "
                            "with evaluate_every=100 and this version of Fovea.",
                            sites.front()));
  }
  figure.caption = runs_caption(runs) + sites_caption(runs, sites) + band_caption(figure);
  return figure;
}

}  // namespace fovea
