#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

// Who may include whom, as docs/concepts.md draws it; each folder may include itself; "framework": the files directly in it.
const std::map<std::string, Names> kArrows = {
    {"framework/core", {}},
    {"framework/cpu", {"framework/core"}},
    {"framework/ops", {"framework/cpu", "framework/core"}},
    {"framework/graph", {"framework/ops", "framework/cpu", "framework/core"}},
    {"framework/anneal", {"framework/graph", "framework/ops", "framework/cpu", "framework/core"}},
    {"framework/attention", {"framework/anneal", "framework/graph", "framework/ops", "framework/cpu", "framework/core"}},
    {"framework/files", {"framework/core"}},
    {"framework/statistics", {"framework/core"}},
    {"framework/results", {"framework/statistics", "framework/files", "framework/core"}},
    {"framework/exchange", {"framework/results", "framework/files", "framework/core"}},
    {"framework/runs", {"framework/results", "framework/statistics", "framework/files", "framework/core"}},
    {"framework/sweep",
     {"framework/runs", "framework/results", "framework/statistics", "framework/files", "framework/core"}},
    {"framework/report",
     {"framework/runs", "framework/results", "framework/statistics", "framework/files", "framework/core"}},
    {"framework/serve",
     {"framework/runs", "framework/results", "framework/statistics", "framework/files", "framework/core"}},
    {"framework/train",
     {"framework", "framework/exchange", "framework/results", "framework/statistics", "framework/files",
      "framework/attention", "framework/anneal", "framework/graph", "framework/ops", "framework/cpu", "framework/core"}},
    {"framework/trained",
     {"framework", "framework/train", "framework/exchange", "framework/results", "framework/statistics", "framework/files",
      "framework/attention", "framework/anneal", "framework/graph", "framework/ops", "framework/cpu", "framework/core"}},
    {"framework", {"framework/graph", "framework/ops", "framework/cpu", "framework/core"}},
    {"framework/plugin.h",
     {"framework", "framework/files", "framework/train", "framework/attention", "framework/anneal", "framework/graph",
      "framework/ops", "framework/cpu", "framework/core"}},
    {"framework/cli",
     {"framework", "framework/plugin.h", "framework/trained", "framework/train", "framework/serve", "framework/report",
      "framework/sweep", "framework/runs", "framework/exchange", "framework/results", "framework/statistics",
      "framework/files", "framework/attention", "framework/anneal", "framework/graph", "framework/ops", "framework/cpu",
      "framework/core"}},
};

// Each library's headers are included in one folder only, those that take long to compile in one source file only.
const std::map<std::string, Names> kLibraries = {
    {"boost/", {"framework/graph", "framework/serve/server.cpp", "framework/statistics/distributions.cpp"}},
    {"oneapi/dnnl", {"framework/cpu"}},
    {"dnnl", {"framework/cpu"}},
    {"Eigen/", {"framework/cpu"}},
    {"libxsmm", {"framework/cpu"}},
    {"oneapi/tbb", {"framework/cpu", "framework/train"}},
    {"tbb/", {"framework/cpu", "framework/train"}},
    {"hdf5", {"framework/results"}},
    {"H5", {"framework/results"}},
    {"zlib", {"framework/report/packed_array.cpp", "tasks/data/gunzip.cpp"}},
    {"CLI/", {"framework/cli/arguments.cpp"}},
    {"nlohmann/", {"framework/results/json.cpp", "framework/exchange/safetensors_header.cpp"}},
    {"zip.h", {"framework/exchange/npz.cpp"}},
    {"Random123/", {"framework/core"}},
    {"hnswlib/", {"modules"}},
};

struct Include {
  std::string file;    // relative to the repository
  std::string folder;  // "framework/core", "framework/plugin.h", or the first folder outside the framework
  std::string target;
};

std::string folder_of(const std::string& path) {
  if (path == "framework/plugin.h") return path;  // it gathers what plugins include
  const auto first = path.find('/');
  if (path.rfind("framework/", 0) != 0) return path.substr(0, first);
  const auto second = path.find('/', first + 1);
  return second == std::string::npos ? "framework" : path.substr(0, second);
}

std::vector<Include> includes_of(const std::string& top) {
  std::vector<Include> found;
  const std::regex line_form(R"re(^\s*#\s*include\s*[<"]([^>"]+)[>"])re");
  const fs::path root(FOVEA_SOURCE_DIR);
  for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".cpp" && extension != ".h") continue;
    const std::string file = fs::relative(entry.path(), root).string();
    std::ifstream stream(entry.path());
    for (std::string line; std::getline(stream, line);) {
      std::smatch match;
      if (std::regex_search(line, match, line_form)) found.push_back({file, folder_of(file), match[1]});
    }
  }
  return found;
}

std::vector<Include> all_includes() {
  std::vector<Include> all;
  for (const char* top : {"framework", "modules", "tasks", "experiments"}) {
    const std::vector<Include> some = includes_of(top);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

bool is_ours(const std::string& target) {
  return std::regex_search(target, std::regex("^(framework|modules|tasks|experiments|tests|bench)/"));
}

bool is_allowed(const std::string& from, const std::string& to) {
  if (from == to) return true;
  if (from == "modules") return to.rfind("framework", 0) == 0 && to != "framework/cli" && to != "framework/results";
  if (from == "tasks") {  // the last two: arrays of a user's own
    return to == "framework" || to == "framework/core" || to == "framework/files" || to == "framework/exchange" ||
           to == "framework/results";
  }
  if (from == "experiments") return to != "framework/cli" && to != "tests" && to != "bench";
  const auto arrows = kArrows.find(from);
  return arrows != kArrows.end() && arrows->second.count(to) != 0;
}

}  // namespace

TEST_CASE("every include follows an arrow of the architecture") {
  const std::vector<Include> includes = all_includes();
  REQUIRE(includes.size() > 200);
  for (const Include& include : includes) {
    if (!is_ours(include.target)) continue;
    CAPTURE(include.file);
    CAPTURE(include.target);
    CHECK(is_allowed(include.folder, folder_of(include.target)));
  }
}

TEST_CASE("the headers of a library are included by the sources of its folder only") {
  for (const Include& include : all_includes()) {
    for (const auto& [prefix, folders] : kLibraries) {
      if (include.target.rfind(prefix, 0) != 0) continue;
      CAPTURE(include.file);
      CAPTURE(include.target);
      CHECK(folders.count(include.folder) + folders.count(include.file) != 0);
    }
  }
}
