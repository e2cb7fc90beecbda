#pragma once

#include <string>
#include <vector>

#include "framework/runs/group_comparison.h"
#include "framework/runs/text_table.h"

namespace fovea {

/// A comparison for people: four digits, and below the table what its numbers mean, which runs are left out and why.
TextTable comparison_table(const RunGroups& found, const GroupComparison& comparison);

/// Names of groups, without what all of them share.
std::vector<std::string> short_names(const std::vector<RunGroup>& groups);

}  // namespace fovea
