#include "framework/runs/run_groups.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace fovea {
namespace {

using Settings = std::map<std::string, std::string>;

TextPairs settings_of(const FoundRun& run) {
  TextPairs settings;
  for (const auto& pair : run.summary.config) {
    if (pair.first != "seed" && pair.first != "experiment" && pair.first != "run") settings.push_back(pair);
  }
  const TextPairs& provenance = run.summary.provenance;
  const std::string precision = text_of(provenance, "precision");
  if (text_of(settings, "precision").empty() && !precision.empty()) settings.emplace_back("precision", precision);
  for (const auto& pair : provenance) {
    if (pair.first.starts_with("input ") || pair.first.starts_with("plugin ")) settings.push_back(pair);
  }
  return settings;
}

/// True where other settings decide the value: an option sets a part of a site, which is then in the text of the site.
bool follows_from_others(const std::string& name) {
  return name == "task" || name.starts_with("evaluation ") || name.starts_with("site ");
}

/// The value of a name in each of the groups.
std::vector<std::string> values_of(const std::string& name, const std::vector<Settings>& groups) {
  std::vector<std::string> values;
  for (const Settings& settings : groups) {
    const auto found = settings.find(name);
    values.push_back(found == settings.end() ? "" : found->second);
  }
  return values;
}

/// The names of settings that are not equal in all groups, in the order of the first group that has them.
std::vector<std::string> unequal_names(const std::vector<RunGroup*>& groups, const std::vector<Settings>& settings) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const RunGroup* group : groups) {
    for (const auto& [name, ignored] : group->settings) {
      if (!seen.insert(name).second) continue;
      const std::vector<std::string> values = values_of(name, settings);
      if (std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) != values.end()) names.push_back(name);
    }
  }
  return names;
}

/// Numbers the groups so that two have the same number where all names so far have the same values: `numbers` after one more
/// name. Returns how many numbers there are.
std::size_t divide(std::vector<std::size_t>& numbers, const std::vector<std::string>& values) {
  std::map<std::pair<std::size_t, std::string>, std::size_t> known;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = known.emplace(std::pair(numbers[i], values[i]), known.size()).first->second;
  }
  return known.size();
}

std::vector<std::string> telling_names(const std::vector<std::string>& unequal, const std::vector<Settings>& settings) {
  std::vector<std::string> telling;
  std::vector<std::size_t> numbers(settings.size());
  for (const std::string& name : unequal) {
    if (follows_from_others(name)) continue;
    divide(numbers, values_of(name, settings));
    telling.push_back(name);
  }
  std::size_t parts = std::set<std::size_t>(numbers.begin(), numbers.end()).size();
  for (const std::string& name : unequal) {
    if (!follows_from_others(name)) continue;
    const std::size_t more = divide(numbers, values_of(name, settings));
    if (more > parts) telling.push_back(name);
    parts = more;
  }
  return telling;
}

/// `groups` are those of one experiment and run.
void tell_apart(const std::vector<RunGroup*>& groups) {
  std::vector<Settings> settings;
  settings.reserve(groups.size());
  for (const RunGroup* group : groups) settings.emplace_back(group->settings.begin(), group->settings.end());
  const std::vector<std::string> names = telling_names(unequal_names(groups, settings), settings);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const std::string& name : names) {
      const auto found = settings[i].find(name);
      if (found != settings[i].end()) groups[i]->differing.push_back(*found);
    }
  }
}

/// By seed; what comes second for a seed is a repeat.
void sort_runs(RunGroup& group) {
  std::vector<FoundRun> all = std::move(group.runs);
  group.runs.clear();
  std::stable_sort(all.begin(), all.end(), [](const FoundRun& a, const FoundRun& b) {
    return std::tuple(a.seed, !a.is_finished()) < std::tuple(b.seed, !b.is_finished());
  });
  for (FoundRun& run : all) {
    const bool is_known = !group.runs.empty() && group.runs.back().seed == run.seed;
    (is_known ? group.repeats : group.runs).push_back(std::move(run));
  }
}

}  // namespace

std::string RunGroup::differences() const {
  std::string text;
  for (const auto& [name, value] : differing) text.append(text.empty() ? "" : " ").append(name).append("=").append(value);
  return text;
}

std::string RunGroup::name() const {
  const std::string text = differences();
  return experiment + "/" + run + (text.empty() ? "" : " " + text);
}

RunGroups group_runs(std::vector<FoundRun> runs) {
  RunGroups all;
  std::map<std::tuple<std::string, std::string, std::map<std::string, std::string>>, std::size_t> places;
  for (FoundRun& run : runs) {
    if (run.reading != FoundRun::Reading::kWhole) {
      all.unread.push_back(std::move(run));
      continue;
    }
    TextPairs settings = settings_of(run);
    const auto [place, is_new] =
        places.emplace(std::tuple(run.experiment, run.run, Settings(settings.begin(), settings.end())), all.groups.size());
    if (is_new) all.groups.push_back({run.experiment, run.run, std::move(settings), {}, {}, {}});
    all.groups[place->second].runs.push_back(std::move(run));
  }
  std::map<std::pair<std::string, std::string>, std::vector<RunGroup*>> alike;
  for (RunGroup& group : all.groups) {
    sort_runs(group);
    alike[{group.experiment, group.run}].push_back(&group);
  }
  for (const auto& [ignored, groups] : alike) tell_apart(groups);
  return all;
}

}  // namespace fovea
