#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/report/group_series.h"
#include "framework/report/site_choice.h"
#include "framework/runs/listing.h"

namespace fovea {
namespace {

/// Each value in the middle of its cell, as far as that is possible.
std::vector<double> edges_around(const std::vector<double>& centres) {
  std::vector<double> edges;
  for (std::size_t i = 1; i < centres.size(); ++i) edges.push_back((centres[i - 1] + centres[i]) / 2);
  const double first = edges.empty() ? 0.5 : edges.front() - centres.front();
  const double last = edges.empty() ? 0.5 : centres.back() - edges.back();
  edges.insert(edges.begin(), centres.front() - first);
  edges.push_back(centres.back() + last);
  return edges;
}

/// [expert, evaluation], shares of the rows of an evaluation.
FigureMatrix matrix_of(const std::vector<double>& steps, const NumberArray& load) {
  const auto evaluations = steps.size();
  const auto experts = static_cast<std::size_t>(load.shape[1]);
  std::vector<double> places(experts);
  std::iota(places.begin(), places.end(), 0.0);
  FigureMatrix matrix{{"share of the rows"}, edges_around(steps), edges_around(places), {}};
  matrix.values.resize(evaluations * experts);
  for (std::size_t i = 0; i < evaluations; ++i) {
    const auto row = std::span(load.values).subspan(i * experts, experts);
    const double all = std::accumulate(row.begin(), row.end(), 0.0);
    for (std::size_t expert = 0; expert < experts; ++expert) matrix.values[expert * evaluations + i] = row[expert] / all;
  }
  return matrix;
}

bool ascend(const std::vector<double>& steps) { return std::is_sorted(steps.begin(), steps.end(), std::less_equal<>()); }

std::optional<FigurePanel> panel_of(const FoundRun& run, const std::string& site, const FigureRequest& request) {
  const std::vector<std::string> paths{site_array(site, "over_training/step"), site_array(site, "over_training/load")};
  const std::map<std::string, NumberArray> arrays = site_arrays(run, request, paths);
  const auto step = arrays.find(paths[0]);
  const auto load = arrays.find(paths[1]);
  if (step == arrays.end() || load == arrays.end()) return std::nullopt;
  const std::vector<double>& steps = step->second.values;
  const bool fits = load->second.shape.size() == 2 && load->second.shape[0] == static_cast<std::int64_t>(steps.size());
  if (!fits || steps.empty() || load->second.shape[1] < 1 || !ascend(steps)) return std::nullopt;
  FigurePanel panel;
  panel.x.name = "training step";
  panel.y.name = "expert";
  panel.matrix = matrix_of(steps, load->second);
  return panel;
}

}  // namespace

Figure load_figure(const RunGroups& runs, const FigureRequest& request) {
  expect_groups(runs);
  Figure figure{groups_title(runs) + ": load of the experts", "", {}};
  std::size_t panels = 0;
  for (const std::string& site : sites_of(runs, request)) {
    for (const RunGroup& group : runs.groups) {
      const FoundRun& run = *counted_runs(group).front();
      if (figure.panels.size() == kMostPanels) break;
      std::optional<FigurePanel> panel = panel_of(run, site, request);
      if (!panel) continue;
      ++panels;
      panel->title =
          fmt::format("{}, {}, seed {}", site, group.differences().empty() ? group.run : group.differences(), run.seed);
      figure.panels.push_back(*std::move(panel));
    }
  }
  if (panels == 0) {
    throw Error("figure",
                "expected a router with its load over training; no site has that; choose runs with experts, trained with "
                "evaluate_every=100 and this version of Fovea.");
  }
  figure.caption =
      "The share of the rows of an evaluation on the validation split that each expert gets. Each panel is one run, "
      "the first seed of its group: no mean, no interval.";
  if (figure.panels.size() == kMostPanels) figure.caption += " No more panels are drawn (--site chooses one).";
  return figure;
}

}  // namespace fovea
