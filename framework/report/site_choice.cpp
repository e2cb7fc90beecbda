#include "framework/report/site_choice.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/report/group_series.h"

namespace fovea {

std::vector<std::string> sites_of(const RunGroups& runs, const FigureRequest& request) {
  std::vector<std::string> sites;
  for (const RunGroup& group : runs.groups) {
    for (const FoundRun* run : counted_runs(group)) {
      for (const SelectionSite& site : run->summary.sites) {
        if (std::find(sites.begin(), sites.end(), site.path) == sites.end()) sites.push_back(site.path);
      }
    }
  }
  if (sites.empty()) {
    throw Error("figure", "expected runs with a site that chooses; no run has one; choose another kind of figure.");
  }
  if (request.site.empty()) return sites;
  if (std::find(sites.begin(), sites.end(), request.site) != sites.end()) return {request.site};
  constexpr std::size_t kMost = 30;
  sites.resize(std::min(sites.size(), kMost));
  throw Error("--site", unknown_name(request.site, sites));
}

std::string site_array(const std::string& site, const std::string& name) { return "/selection/" + site + "/" + name; }

std::map<std::string, NumberArray> site_arrays(const FoundRun& run, const FigureRequest& request,
                                               std::span<const std::string> paths) {
  return request.read == nullptr ? read_arrays(run.file, paths) : request.read->of(run, paths);
}

}  // namespace fovea
