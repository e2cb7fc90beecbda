#include "framework/report/site_arrays.h"

#include <array>
#include <utility>
#include <vector>

#include "framework/core/error.h"
#include "framework/report/group_series.h"
#include "framework/report/site_choice.h"

namespace fovea {

SiteArrays::SiteArrays(const RunGroups& runs) {
  static constexpr std::array kNames = {
      "step", "mean_entropy", "distinct_items", "dead_share", "largest_share", "selection_accuracy", "load"};
  for (const RunGroup& group : runs.groups) {
    for (const FoundRun* run : counted_runs(group)) {
      std::vector<std::string> paths;
      for (const SelectionSite& site : run->summary.sites) {
        for (const char* const name : kNames) paths.push_back(site_array(site.path, std::string("over_training/") + name));
      }
      try {
        files_[run->file] = read_arrays(run->file, paths);
      } catch (const Error&) {
        files_.erase(run->file);  // whoever asks for it gets the error
      }
    }
  }
}

std::map<std::string, NumberArray> SiteArrays::of(const FoundRun& run, std::span<const std::string> paths) const {
  const auto file = files_.find(run.file);
  if (file == files_.end()) return read_arrays(run.file, paths);
  std::map<std::string, NumberArray> arrays;
  for (const std::string& path : paths) {
    const auto found = file->second.find(path);
    if (found != file->second.end()) arrays.insert(*found);
  }
  return arrays;
}

}  // namespace fovea
