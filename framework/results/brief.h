#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "framework/results/json.h"
#include "framework/results/summary.h"

namespace fovea {

/// What a list of runs needs of a results file: its summary with the last row of the evaluations, without slices, and the
/// last step of training alone; no clock, sites, parameters and tree.
struct BriefAnswer {
  std::optional<RunSummary> summary;
  std::string problem;  // where there is none
};

/// Reads many files in separate processes side by side, as files may be damaged or hostile; this process opens none. Each
/// has an answer.
///
/// Errors    no process could be made.
std::vector<BriefAnswer> read_briefs(std::span<const std::filesystem::path> files);

/// The same as JSON, to be kept; nothing where the JSON is another.
Json brief_json(const RunSummary& summary);
std::optional<RunSummary> brief_of(const Json& json);

}  // namespace fovea
