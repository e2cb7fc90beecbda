#pragma once

#include <string>
#include <vector>

#include "framework/runs/run_groups.h"

namespace fovea {

/// The groups of items of a split that any run has, in the order of the first; "N=5", "N=10": those that differ in a number
/// only are in the order of the numbers.
std::vector<std::string> slices_of(const RunGroups& runs, const std::string& split);

}  // namespace fovea
