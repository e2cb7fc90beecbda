#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/report/group_series.h"
#include "framework/report/item_sample.h"

namespace fovea {
namespace {

constexpr Extent kMostPixels = 512;  // of an image, each way

/// An image cut into equal squares, row by row: the items of a site.
struct Grid {
  Extent rows = 0;
  Extent columns = 0;
  Extent side = 0;  // pixels
};

/// The grid of as many squares as there are items; nothing where the image has none.
std::optional<Grid> grid_of(const SampleArray& image, Extent items) {
  const Extent height = image.extent(1);
  const Extent width = image.extent(2);
  for (Extent rows = 1; rows <= items; ++rows) {
    if (items % rows != 0) continue;
    const Extent columns = items / rows;
    const bool fits = height % rows == 0 && width % columns == 0 && height / rows == width / columns;
    if (fits && height / rows > 1) return Grid{rows, columns, height / rows};
  }
  return std::nullopt;
}

/// A site that chooses among the regions of an image of the sample.
struct Glimpses {
  const SampleArray* image = nullptr;
  SampleSite site;
  Grid grid;
};

std::optional<Glimpses> glimpses_in(const ItemSample& sample, const FigureRequest& request) {
  for (const std::string& path : sample.sites()) {
    if (!request.site.empty() && path != request.site) continue;
    std::optional<SampleSite> site = sample.site(path);
    if (!site || site->items < 2 || site->items > kMostPixels * kMostPixels) continue;
    for (const SampleArray& array : sample.arrays()) {
      const bool is_image = array.shape.size() == 3 && std::max(array.extent(1), array.extent(2)) <= kMostPixels;
      if (!is_image) continue;
      if (const auto grid = grid_of(array, site->items)) return Glimpses{&array, *std::move(site), *grid};
    }
  }
  return std::nullopt;
}

std::vector<double> edges_of(Extent pixels) {
  std::vector<double> edges;
  for (Extent i = 0; i <= pixels; ++i) edges.push_back(static_cast<double>(i));
  return edges;
}

FigureMatrix image_of(const SampleArray& array, Extent item) {
  const std::span<const double> pixels = array.of(item);
  FigureMatrix image{{array.name}, edges_of(array.extent(2)), edges_of(array.extent(1)), {pixels.begin(), pixels.end()}};
  image.colours = FigureMatrix::Colours::kInk;
  return image;
}

/// Appends the outline of a region, `inset` pixels within it, so that one region can have two.
void add_outline(FigureSeries& series, const Grid& grid, std::int64_t region, double inset) {
  if (region < 0 || region >= grid.rows * grid.columns) return;
  const auto side = static_cast<double>(grid.side);
  const double left = static_cast<double>(region % grid.columns) * side + inset;
  const double top = static_cast<double>(region / grid.columns) * side + inset;
  const double right = left + side - 2 * inset;
  const double bottom = top + side - 2 * inset;
  if (!series.points.empty()) series.points.push_back({left, std::numeric_limits<double>::quiet_NaN()});
  for (const auto& [x, y] : {std::pair{left, top}, {right, top}, {right, bottom}, {left, bottom}, {left, top}}) {
    series.points.push_back({x, y});
  }
}

/// What was answered at a step, "" where the sample has no answer for each.
std::string answer_at(const ItemSample& sample, Extent item, Extent step) {
  const SampleArray* const answers = sample.find("answers");
  if (answers == nullptr || answers->shape.size() != 2 || step >= answers->extent(1)) return "";
  const double answer = answers->of(item)[static_cast<std::size_t>(step)];
  const std::string* const label = sample.label(*answers, answer);
  return ": " + (label != nullptr ? *label : fmt::format("{:g}", answer));
}

constexpr double kSmall = 0.1;

FigurePanel panel_of(const ItemSample& sample, const Glimpses& glimpses, Extent item, std::size_t row) {
  const SampleSite& site = glimpses.site;
  const std::int64_t best = site.best_of(row);
  FigureSeries looked{"largest weight", FigureSeries::Mark::kOutline, {}};
  FigureSeries right{"right region", FigureSeries::Mark::kOutline, {}};
  FigureSeries others{fmt::format("another weight of {} or more", kSmall), FigureSeries::Mark::kOutline, {}};
  const auto side = static_cast<double>(glimpses.grid.side);
  add_outline(looked, glimpses.grid, best, 0.04 * side);
  add_outline(right, glimpses.grid, site.right[row], 0.14 * side);
  double largest = 0;
  const std::span<const std::int64_t> kept = site.kept_of(row);
  const std::span<const double> weights = site.weights_of(row);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] == best) largest = weights[i];
    if (kept[i] != best && weights[i] >= kSmall) add_outline(others, glimpses.grid, kept[i], 0.04 * side);
  }
  const std::int64_t step = site.query_of(row);
  FigurePanel panel;
  panel.is_plane = true;
  panel.title = fmt::format("step {}{}, weight {:.2g}", step + 1, answer_at(sample, item, step), largest);
  panel.x.name = "pixel";
  panel.y.name = "pixel";
  panel.matrix = image_of(*glimpses.image, item);
  for (FigureSeries* series : {&looked, &right, &others}) {
    if (!series->points.empty()) panel.series.push_back(std::move(*series));
  }
  return panel;
}

struct Found {
  const FoundRun* run = nullptr;
  ItemSample sample;
  Glimpses glimpses;
};

Found find_glimpses(const RunGroups& runs, const FigureRequest& request) {
  for (const RunGroup& group : runs.groups) {
    const FoundRun& run = *counted_runs(group).front();
    ItemSample sample(run.file);
    std::optional<Glimpses> glimpses = glimpses_in(sample, request);
    if (glimpses) {
      const std::string name = glimpses->image->name;
      Found found{&run, std::move(sample), *std::move(glimpses)};
      found.glimpses.image = found.sample.find(name);
      return found;
    }
  }
  throw Error("figure",
              "expected a site that chooses among the regions of an image; no run has kept one; choose another "
              "--site, or runs of a task with images, such as glimpse.");
}

}  // namespace

Figure glimpse_figure(const RunGroups& runs, const FigureRequest& request) {
  expect_groups(runs);
  const Found found = find_glimpses(runs, request);
  const SampleSite& site = found.glimpses.site;
  const auto items = std::min<Extent>(found.sample.items(), static_cast<Extent>(site.rows.size()));
  if (request.item >= items) {
    throw Error("--item", fmt::format("expected an item of the sample, from 0 to {}; {} came; choose one of them.",
                                      items - 1, request.item));
  }
  const Extent head = request.head.value_or(0);
  if (head >= site.heads) {
    throw Error("--head", fmt::format("expected a head of the site {}, from 0 to {}; {} came; choose one of them.",
                                      site.path, site.heads - 1, head));
  }
  Figure figure;
  figure.title = fmt::format("{}/{}: where it looks in item {} of the {} sample", found.run->experiment, found.run->run,
                             request.item, found.sample.split());
  std::size_t steps = 0;
  for (const std::size_t row : site.rows[static_cast<std::size_t>(request.item)]) {
    if (site.head_of(row) != head) continue;
    if (++steps <= kMostPanels) figure.panels.push_back(panel_of(found.sample, found.glimpses, request.item, row));
  }
  figure.caption = fmt::format(
      "One item of one run, seed {}, at the site {}{}; --item chooses another of {}. Above each "
      "panel stands what was answered and the largest weight.",
      found.run->seed, site.path, site.heads > 1 ? fmt::format(", head {}", head) : "", items);
  if (steps > kMostPanels) figure.caption += fmt::format(" The first {} of {} steps.", kMostPanels, steps);
  if (runs.groups.size() > 1) figure.caption += " Other runs are not drawn.";
  return figure;
}

}  // namespace fovea
