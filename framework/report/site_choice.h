#pragma once

#include <string>
#include <vector>

#include "framework/report/figure_kinds.h"

namespace fovea {

/// The sites of all runs, in the order of the first; or only the one that is asked for.
/// Errors    no run has that site, or any.
std::vector<std::string> sites_of(const RunGroups& runs, const FigureRequest& request);

/// "/selection/decoder/pointer/density".
std::string site_array(const std::string& site, const std::string& name);

}  // namespace fovea
