#pragma once

#include <optional>
#include <vector>

#include "framework/results/json.h"
#include "framework/runs/found_run.h"
#include "framework/statistics/intervals.h"

// What listings and comparisons of runs have in common as JSON.
namespace fovea {

Json number_json(const std::optional<double>& value);  // null where it is missing or not finite
Json pairs_json(const TextPairs& pairs);
Json summary_json(const Summary& summary);
Json unread_json(const std::vector<FoundRun>& unread);

}  // namespace fovea
