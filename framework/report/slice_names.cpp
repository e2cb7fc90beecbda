#include "framework/report/slice_names.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "framework/report/group_series.h"

namespace fovea {
namespace {

/// "N=5", "N=10": what differs in a number only is put in the order of the numbers.
void sort_by_number(std::vector<std::string>& names) {
  std::vector<std::pair<double, std::string>> numbered;
  for (const std::string& name : names) {
    const std::size_t begin = name.find('=') + 1;
    char* end = nullptr;
    const double number = std::strtod(name.c_str() + begin, &end);
    const bool is_alike =
        begin > 0 && begin < name.size() && *end == '\0' && name.substr(0, begin) == names[0].substr(0, begin);
    if (!is_alike) return;
    numbered.emplace_back(number, name);
  }
  std::stable_sort(numbered.begin(), numbered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = numbered[i].second;
}

}  // namespace

std::vector<std::string> slices_of(const RunGroups& runs, const std::string& split) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const RunGroup& group : runs.groups) {
    for (const FoundRun* run : counted_runs(group)) {
      for (const EvaluationTable& table : run->summary.evaluation) {
        if (table.split != split) continue;
        for (const std::string& slice : table.slices) {
          if (seen.insert(slice).second) names.push_back(slice);
        }
      }
    }
  }
  sort_by_number(names);
  return names;
}

}  // namespace fovea
