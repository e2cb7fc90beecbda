#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "framework/results/summary.h"
#include "framework/runs/found_run.h"

namespace fovea {

/// What is known of a file without opening it: another file, or a newer one, has another stamp.
struct FileStamp {
  std::int64_t time = 0;  // of its last change, in nanoseconds
  std::uint64_t bytes = 0;
  std::string hash;  // the one listed beside it

  bool operator==(const FileStamp&) const = default;
};
FileStamp stamp_of(const std::filesystem::path& file);

/// What was read of results files, by their places and stamps, kept in a file from one start to the next. That file may be
/// removed at any time; one that is damaged, or of another version, counts as none.
class RunCache {
 public:
  /// `kept` may be empty: nothing is kept.
  explicit RunCache(std::filesystem::path kept);

  /// The runs of these files in their order: those that are new or were changed are read, the others are not.
  std::vector<FoundRun> runs(std::span<const std::filesystem::path> files);

  /// How many files were read by the last call.
  std::size_t readings() const { return readings_; }

 private:
  struct Entry {
    FileStamp stamp;
    std::optional<RunSummary> summary;
    std::string problem;
  };

  void read(std::span<const std::filesystem::path> files);
  void load();
  void keep() const;

  std::filesystem::path kept_;
  std::map<std::filesystem::path, Entry> entries_;
  std::size_t readings_ = 0;
};

/// Where what was read in these places is kept: below XDG_CACHE_HOME, or ~/.cache, "fovea/runs-<places>". Of such files the
/// newest twenty stay. Empty where there is no such folder.
std::filesystem::path cache_file(std::span<const std::string> places);

}  // namespace fovea
