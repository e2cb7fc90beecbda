#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/report/group_series.h"
#include "framework/report/site_choice.h"
#include "framework/results/read_arrays.h"

namespace fovea {
namespace {

constexpr std::int64_t kMostCells = 512;  // of one axis in the file: as many stand for any number
constexpr Extent kMostHeads = 4;          // in one figure

/// Whole numbers where a cell is one of them; else shares of all, whose number the cells do not tell.
FigureAxis axis_of(const char* name, std::int64_t cells) {
  return {cells < kMostCells ? name : fmt::format("{}, as a share of all", name)};
}

std::vector<double> edges_of(std::int64_t cells) {
  const double scale = cells < kMostCells ? 1 : 1 / static_cast<double>(cells);
  std::vector<double> edges;
  for (std::int64_t i = 0; i <= cells; ++i) edges.push_back(static_cast<double>(i) * scale);
  return edges;
}

FigurePanel panel_of(const NumberArray& density, Extent head) {
  const std::int64_t rows = density.shape[1];
  const std::int64_t columns = density.shape[2];
  FigurePanel panel;
  panel.title = fmt::format("head {}", head);
  panel.x = axis_of("item", columns);
  panel.y = axis_of("query", rows);
  FigureMatrix matrix{{"sum of weights"}, edges_of(columns), edges_of(rows), {}};
  const auto begin = density.values.begin() + head * rows * columns;
  matrix.values.assign(begin, begin + rows * columns);
  for (double& value : matrix.values) value = value > 0 ? value : std::numeric_limits<double>::quiet_NaN();
  panel.matrix = std::move(matrix);
  return panel;
}

/// Logarithmic where the largest sum is ten times the least, the same for all heads.
void choose_scale(Figure& figure) {
  const FigureRange range = range_of_values(figure, *figure.panels.front().matrix);
  if (range.high < 10 * range.low) return;
  for (FigurePanel& panel : figure.panels) panel.matrix->colour.scale = FigureAxis::Scale::kLogarithmic;
}

struct Found {
  const FoundRun* run = nullptr;
  std::string site;
  NumberArray density;
};

/// The first of the sites that has a map, in the first run that has one.
Found find_density(const RunGroups& runs, const FigureRequest& request) {
  const std::vector<std::string> sites = sites_of(runs, request);
  for (const RunGroup& group : runs.groups) {
    const FoundRun& run = *counted_runs(group).front();
    for (const std::string& site : sites) {
      const std::vector<std::string> paths{site_array(site, "density")};
      std::map<std::string, NumberArray> arrays = read_arrays(run.file, paths);
      if (arrays.empty() || arrays.begin()->second.shape.size() != 3) continue;
      const std::vector<std::int64_t>& shape = arrays.begin()->second.shape;
      if (std::all_of(shape.begin(), shape.end(), [](std::int64_t extent) { return extent > 0; })) {
        return {&run, site, std::move(arrays.begin()->second)};
      }
    }
  }
  throw Error("figure",
              fmt::format("expected a map of the weights of {}; no run has kept one; choose another --site, or train with "
                          "this version of Fovea (sites with at least 2 queries and 2 items have a map).",
                          request.site.empty() ? "a site" : "the site " + request.site));
}

}  // namespace

Figure map_figure(const RunGroups& runs, const FigureRequest& request) {
  expect_groups(runs);
  const Found found = find_density(runs, request);
  const Extent heads = found.density.shape[0];
  if (request.head && *request.head >= heads) {
    throw Error("--head", fmt::format("expected a head of the site {}, from 0 to {}; {} came; choose one of them.",
                                      found.site, heads - 1, *request.head));
  }
  Figure figure;
  figure.title = fmt::format("{}/{}: where {} looks", found.run->experiment, found.run->run, found.site);
  const Extent first = request.head.value_or(0);
  const Extent end = request.head ? first + 1 : std::min(heads, kMostHeads);
  for (Extent head = first; head < end; ++head) figure.panels.push_back(panel_of(found.density, head));
  choose_scale(figure);
  figure.caption =
      fmt::format("The first item of the sample of one run, seed {}: the sum of the weights in each cell; white: none.",
                  found.run->seed);
  if (!request.head && heads > end)
    figure.caption += fmt::format(" The first {} of {} heads (--head chooses one).", end, heads);
  if (runs.groups.size() > 1) figure.caption += " Other runs are not drawn.";
  return figure;
}

}  // namespace fovea
