#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "framework/serve/run_cache.h"

namespace fovea {

/// The runs below some places, as they were at one moment.
struct RunListing {
  std::string body;  // JSON for the page
  std::string tag;   // another one where anything is different
  std::vector<std::filesystem::path> files;
  std::map<std::string, std::filesystem::path> by_id;
};

/// Keeps the list of runs up to date, for any thread.
class RunList {
 public:
  RunList(std::vector<std::string> places, std::filesystem::path kept)
      : places_(std::move(places)), cache_(std::move(kept)) {}

  /// Looks at the places again, unless that was done a moment ago.
  std::shared_ptr<const RunListing> refreshed();

 private:
  using Clock = std::chrono::steady_clock;

  std::mutex mutex_;
  std::vector<std::string> places_;
  RunCache cache_;
  Clock::time_point looked_{};
  std::shared_ptr<const RunListing> last_;
};

/// {"groups": [...], "unread": [...]} as `fovea ls --json` prints it, with the id of each run, the interval as text, and
/// whether it can be followed.
std::string listing_text(std::vector<FoundRun> runs);

}  // namespace fovea
