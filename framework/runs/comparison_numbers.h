#pragma once

#include "framework/results/json.h"
#include "framework/runs/group_comparison.h"
#include "framework/runs/text_table.h"

namespace fovea {

/// A comparison for programs: all digits, a column for each number; missing numbers are empty, in JSON null.
TextTable comparison_numbers(const RunGroups& found, const GroupComparison& comparison);
Json comparison_json(const RunGroups& found, const GroupComparison& comparison);

}  // namespace fovea
