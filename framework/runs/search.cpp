#include "framework/runs/search.h"

#include <algorithm>
#include <array>
#include <set>
#include <system_error>
#include <utility>

#include "framework/core/error.h"
#include "framework/results/run_file.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 32;
// What a run keeps beside its results.
constexpr const char* kJournal = "journal";
constexpr const char* kCheckpoint = "checkpoint";
constexpr std::array<const char*, 5> kBeside = {kJournal, kCheckpoint, kResultsHashName, "log.txt", "lock"};

class Search {
 public:
  void look_at(const fs::path& place) {
    std::error_code failure;
    const fs::file_status status = fs::status(place, failure);
    if (status.type() == fs::file_type::not_found) {
      throw Error(place.string(),
                  "expected a results file, or a folder with some below; it does not exist; give one such as "
                  "runs/sort_by_pointing.");
    }
    if (fs::is_directory(status)) {
      walk(place, 0);
    } else if (std::find(kBeside.begin(), kBeside.end(), place.filename().string()) == kBeside.end()) {
      take(place);
    }
  }

  std::vector<fs::path> files() && { return std::move(files_); }

 private:
  void take(const fs::path& file) {
    std::error_code failure;
    const fs::path canonical = fs::weakly_canonical(file, failure);
    if (taken_.insert(failure ? file : canonical).second) files_.push_back(file);
  }

  void walk(const fs::path& folder, int depth) {
    std::error_code failure;
    const fs::path canonical = fs::canonical(folder, failure);
    if (depth > kDeepest || (!failure && !walked_.insert(canonical).second)) return;  // links may lead in a circle
    std::set<fs::path> names;
    std::set<fs::path> folders;
    for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure)) {
      std::error_code none;  // a link that leads nowhere is a file
      (entry->is_directory(none) ? folders : names).insert(entry->path().filename());
    }
    const bool has_begun = names.count(kJournal) > 0 && names.count(kCheckpoint) > 0;
    if (failure || has_begun || names.count(kResultsName) > 0) take(folder / kResultsName);
    for (const fs::path& name : folders) walk(folder / name, depth + 1);
  }

  std::vector<fs::path> files_;
  std::set<fs::path> taken_;
  std::set<fs::path> walked_;
};

}  // namespace

std::vector<fs::path> find_results(std::span<const std::string> places) {
  Search search;
  for (const std::string& place : places) search.look_at(place);
  return std::move(search).files();
}

}  // namespace fovea
