#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "framework/report/figure_kinds.h"
#include "framework/results/read_arrays.h"

namespace fovea {

/// The sites of all runs, in the order of the first; or only the one that is asked for.
/// Errors    no run has that site, or any.
std::vector<std::string> sites_of(const RunGroups& runs, const FigureRequest& request);

/// "/selection/decoder/pointer/density".
std::string site_array(const std::string& site, const std::string& name);

/// Arrays of a run, from what was read already where the request has that. Errors: as read_arrays.
std::map<std::string, NumberArray> site_arrays(const FoundRun& run, const FigureRequest& request,
                                               std::span<const std::string> paths);

}  // namespace fovea
