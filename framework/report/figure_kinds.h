#pragma once

#include <optional>
#include <span>
#include <string>

#include "framework/report/figure.h"
#include "framework/report/site_arrays.h"
#include "framework/runs/run_groups.h"

namespace fovea {

/// What a figure is asked for besides its kind; empty where it chooses by itself.
struct FigureRequest {
  std::string metric = {};
  std::string split = {};
  std::string site = {};
  std::optional<Extent> head = {};
  Extent item = 0;                   // of the sample
  std::string against = {};          // of pareto: pairs or rows
  const SiteArrays* read = nullptr;  // where many figures of the same runs are made
};

/// Each is made in one source, figures_<name>.cpp.
struct FigureKind {
  const char* name;
  const char* summary;  // one line
  Figure (*make)(const RunGroups& runs, const FigureRequest& request);
};

Figure curve_figure(const RunGroups& runs, const FigureRequest& request);
Figure slices_figure(const RunGroups& runs, const FigureRequest& request);
Figure selection_figure(const RunGroups& runs, const FigureRequest& request);
Figure load_figure(const RunGroups& runs, const FigureRequest& request);
Figure map_figure(const RunGroups& runs, const FigureRequest& request);
Figure path_figure(const RunGroups& runs, const FigureRequest& request);
Figure pareto_figure(const RunGroups& runs, const FigureRequest& request);
Figure table_figure(const RunGroups& runs, const FigureRequest& request);
Figure forest_figure(const RunGroups& runs, const FigureRequest& request);
Figure glimpse_figure(const RunGroups& runs, const FigureRequest& request);
Figure estimators_figure(const RunGroups& runs, const FigureRequest& request);

std::span<const FigureKind> figure_kinds();

/// A finished figure of a kind.
/// Errors    no such kind, metric, split or site, with the nearest name; results that have nothing of the kind.
Figure make_figure(const std::string& kind, const RunGroups& runs, const FigureRequest& request);

}  // namespace fovea
