#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/report/group_series.h"
#include "framework/results/read_arrays.h"
#include "framework/runs/listing.h"

namespace fovea {
namespace {

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

struct Split {
  std::string name;
  Shapes shapes;
};

/// The split whose predictions are drawn: the one asked for, else the first that has any.
Split split_of(const FoundRun& run, const FigureRequest& request) {
  std::vector<std::string> names{"test", "validation"};
  for (const EvaluationTable& table : run.summary.evaluation) names.push_back(table.split);
  if (!request.split.empty()) names = {request.split};
  for (const std::string& name : names) {
    Shapes shapes = arrays_below(run.file, "/predictions/" + name);
    if (!shapes.empty()) return {name, std::move(shapes)};
  }
  throw Error(path_text(run),
              fmt::format("expected predictions of the split {}; there are none; choose another --split, or train with "
                          "sample_rows=16.",
                          fmt::join(names, " or ")));
}

bool is_plane(const std::vector<std::int64_t>& shape) { return shape.size() == 3 && shape[2] == 2; }
bool is_row(const std::vector<std::int64_t>& shape) { return shape.size() == 2 || (shape.size() == 3 && shape[2] == 1); }

/// The array of places [item, N, 2]; else that of numbers [item, N], which are drawn over their places in the row.
std::string points_name(const Shapes& shapes) {
  const auto fits = [&](const char* name, const auto& test) {
    const auto found = shapes.find(name);
    return found != shapes.end() && test(found->second);
  };
  if (fits("points", is_plane)) return "points";
  for (const auto& [name, shape] : shapes) {
    if (is_plane(shape)) return name;
  }
  for (const char* name : {"items", "inputs", "numbers"}) {
    if (fits(name, is_row)) return name;
  }
  return "";
}

std::vector<FigurePoint> points_of(const NumberArray& array, Extent item) {
  const auto size = static_cast<Extent>(array.shape[1]);
  const Extent width = is_plane(array.shape) ? 2 : 1;
  std::vector<FigurePoint> points;
  for (Extent i = 0; i < size; ++i) {
    const auto at = array.values.begin() + (item * size + i) * width;
    points.push_back(width == 2 ? FigurePoint{at[0], at[1]} : FigurePoint{static_cast<double>(i), at[0]});
  }
  return points;
}

/// The points in the order of the pointers of an item, up to the first that points nowhere.
std::vector<FigurePoint> ordered(const std::vector<FigurePoint>& points, const NumberArray& pointers, Extent item) {
  std::vector<FigurePoint> path;
  const Extent steps = pointers.shape[1];
  for (Extent step = 0; step < steps; ++step) {
    const double place = pointers.values[static_cast<std::size_t>(item * steps + step)];
    if (!(place >= 0 && place < static_cast<double>(points.size()))) break;
    path.push_back(points[static_cast<std::size_t>(place)]);
  }
  return path;
}

struct Names {
  std::string points;
  std::string pointers;
  std::string targets;
};

FigurePanel panel_of(const std::map<std::string, NumberArray>& arrays, const Names& names, Extent item) {
  const NumberArray& places = arrays.at(names.points);
  const std::vector<FigurePoint> points = points_of(places, item);
  FigurePanel panel;
  panel.is_plane = is_plane(places.shape);
  panel.x.name = panel.is_plane ? "x" : "place in the row";
  panel.y.name = panel.is_plane ? "y" : "number";
  const std::vector<FigurePoint> path = ordered(points, arrays.at(names.pointers), item);
  panel.series.push_back({"pointers, in their order", FigureSeries::Mark::kLine, path});
  const auto targets = arrays.find(names.targets);
  if (targets != arrays.end() && targets->second.shape.size() == 2 && targets->second.shape[0] > item) {
    panel.series.push_back({"right order", FigureSeries::Mark::kLine, ordered(points, targets->second, item)});
  }
  panel.series.push_back({"all points", FigureSeries::Mark::kPoints, points});
  if (!path.empty()) panel.series.push_back({"first pointer", FigureSeries::Mark::kPoints, {path.front()}});
  return panel;
}

}  // namespace

Figure path_figure(const RunGroups& runs, const FigureRequest& request) {
  expect_groups(runs);
  const FoundRun& run = *counted_runs(runs.groups.front()).front();
  const Split split = split_of(run, request);
  const std::string group = "/predictions/" + split.name + "/";
  const Names names{group + points_name(split.shapes), group + "pointers", group + "targets"};
  const std::vector<std::string> paths{names.points, names.pointers, names.targets};
  const std::map<std::string, NumberArray> arrays = read_arrays(run.file, paths);
  if (arrays.count(names.points) == 0 || arrays.count(names.pointers) == 0 || arrays.at(names.pointers).shape.size() != 2) {
    throw Error(path_text(run), "expected points and the pointers to them in " + group +
                                    "; one of them is missing; choose a run of a task whose answer is an order of points.");
  }
  const Extent items = std::min(arrays.at(names.points).shape[0], arrays.at(names.pointers).shape[0]);
  if (request.item >= items) {
    throw Error("--item", fmt::format("expected an item of the sample, from 0 to {}; {} came; choose one of them.",
                                      items - 1, request.item));
  }
  Figure figure;
  figure.title = fmt::format("{}/{}: item {} of the {} sample", run.experiment, run.run, request.item, split.name);
  figure.panels.push_back(panel_of(arrays, names, request.item));
  figure.caption = fmt::format("One item of one run, seed {}; --item chooses another of {}.", run.seed, items);
  return figure;
}

}  // namespace fovea
