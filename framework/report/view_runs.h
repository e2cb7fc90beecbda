#pragma once

#include <functional>
#include <string>
#include <vector>

#include "framework/results/json.h"
#include "framework/runs/run_groups.h"

// What the views of single items have in common.
namespace fovea {

constexpr std::size_t kMostViewRuns = 8;         // in one section
constexpr std::size_t kMostViewBytes = 300'000;  // of one run, about
constexpr std::size_t kLongViewText = 200;       // bytes of a text

/// One of the runs that the views show: of each group the first seed that counts.
struct ViewRun {
  const FoundRun* run = nullptr;
  std::string name;  // group and seed
};

/// {"note": [text], "runs": [...]} with what `show` makes of each run, and adds to the sentences; a run that it makes null
/// is left out, one that it cannot read is a sentence. Null where no run is left.
Json view_json(const RunGroups& runs, const std::function<Json(const ViewRun&, std::vector<std::string>& notes)>& show);

/// {"id", "name", "seed"}, to which a view adds its own.
Json::Object run_object(const ViewRun& run);

Json texts_json(const std::vector<std::string>& texts);
Json wholes_json(const std::vector<std::int64_t>& numbers);
/// In four decimals, as no reader sees more.
Json weights_json(const std::vector<double>& weights);

}  // namespace fovea
