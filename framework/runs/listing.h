#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "framework/results/json.h"
#include "framework/runs/group_figure.h"
#include "framework/runs/text_table.h"

namespace fovea {

/// The runs in some places, by groups, and the main number of each.
struct Listing {
  RunGroups found;
  std::vector<GroupFigure> figures;  // one a group
};

/// Errors    a place that does not exist; no run in any of them.
RunGroups runs_in(std::span<const std::string> places);
Listing listing_of(std::span<const std::string> places, GroupFigure::Unfinished unfinished);

/// "finished" where all are, else "2 finished, 1 running".
std::string states_text(const RunGroup& group);
std::chrono::system_clock::time_point newest(const RunGroup& group);

/// For programs: all digits, a column for each number, times as in 2025-01-31T12:00:00Z. What could not be read has a row
/// with its problem. `runs_table` has a row for each file, repeats too.
TextTable groups_table(const Listing& listing);
TextTable runs_table(const Listing& listing);
/// Groups with their settings and runs.
Json listing_json(const Listing& listing);

}  // namespace fovea
