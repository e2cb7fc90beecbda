#include "framework/trained/fit_checks.h"

#include <algorithm>
#include <set>

#include "framework/core/error.h"
#include "framework/core/path_patterns.h"
#include "framework/core/text.h"

namespace fovea {
namespace {

std::vector<std::string> parameters_of(const Graph& graph) {
  std::vector<std::string> paths;
  for (const int id : graph.parameters()) paths.push_back(graph.node(id).path);
  return paths;
}

}  // namespace

void expect_patterns(const std::vector<SiteChange>& changes, const std::vector<std::string>& met) {
  const std::set<std::string> paths(met.begin(), met.end());
  for (const SiteChange& change : changes) {
    const auto fits = [&](const std::string& path) { return fits_pattern(path, change.pattern); };
    if (std::any_of(paths.begin(), paths.end(), fits)) continue;
    std::string known;
    for (const std::string& path : paths) known += (known.empty() ? "" : ", ") + path;
    throw Error("site", "a pattern that fits a site of the model was expected; " + in_quotes(change.pattern) + " came; " +
                            (known.empty() ? "it has no site." : "it has " + known + "."));
  }
}

void expect_use(const Graph& as_trained, const Graph& changed, const std::vector<SiteChange>& changes) {
  const std::vector<std::string> used = parameters_of(changed);
  for (const std::string& path : parameters_of(as_trained)) {
    if (std::find(used.begin(), used.end(), path) != used.end()) continue;
    throw Error("site", "sites that use what was trained for them were expected; with " + in_quotes(written(changes)) +
                            " nothing reads the parameter " + in_quotes(path) +
                            "; keep the scorer, and change selector, pattern or options.");
  }
}

void expect_same_labels(const Task& trained_on, const Task& other, const std::string& text) {
  const auto trained = trained_on.meanings().labels;
  for (const auto& [list, labels] : other.meanings().labels) {
    const auto found = trained.find(list);
    if (found == trained.end() || found->second == labels) continue;
    throw Error("task", "a task that numbers its " + in_quotes(list) + " labels as the trained one was expected; " +
                            in_quotes(text) + " has others (" + std::to_string(labels.size()) + ", trained with " +
                            std::to_string(found->second.size()) +
                            "), so the answers of the model would mean nothing; keep the files or tasks that make the "
                            "vocabulary, and give new data as the test file.");
  }
}

std::string written(const std::vector<SiteChange>& changes) {
  std::string text;
  for (const SiteChange& change : changes) text += (text.empty() ? "" : ", ") + change.written();
  return text.empty() ? "as trained" : text;
}

}  // namespace fovea
