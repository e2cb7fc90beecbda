#include "framework/serve/run_cache.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/files/posix_file.h"
#include "framework/results/brief.h"
#include "framework/results/hash_list.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

// Raised whenever what is kept changes its form.
constexpr std::int64_t kForm = 1;
constexpr std::size_t kMostBytes = std::size_t{1} << 26;  // of the file

/// ~/.cache/fovea, or where the user has such files; empty where there is none.
fs::path cache_folder() {
  const char* const chosen = std::getenv("XDG_CACHE_HOME");
  if (chosen != nullptr && fs::path(chosen).is_absolute()) return fs::path(chosen) / "fovea";
  const char* const home = std::getenv("HOME");
  if (home != nullptr && fs::path(home).is_absolute()) return fs::path(home) / ".cache" / "fovea";
  return {};
}

/// Of the files of other places, the oldest ones.
void remove_old(const fs::path& folder) {
  constexpr std::size_t kMost = 20;
  std::set<std::pair<fs::file_time_type, fs::path>> kept;
  std::error_code failure;
  for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure)) {
    std::error_code none;
    if (!entry->path().filename().string().starts_with("runs-")) continue;
    kept.emplace(fs::last_write_time(entry->path(), none), entry->path());
  }
  for (; kept.size() > kMost; kept.erase(kept.begin())) discard_file(kept.begin()->second);
}

}  // namespace

FileStamp stamp_of(const fs::path& file) {
  std::error_code none;
  const fs::file_time_type time = fs::last_write_time(file, none);
  if (none) return {};
  const std::uintmax_t bytes = fs::file_size(file, none);
  FileStamp stamp{std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count(), none ? 0 : bytes,
                  ""};
  try {
    for (const std::string& hash : listed_hashes(file)) stamp.hash += hash;
  } catch (const Error&) {
    stamp.hash.clear();  // one that may not be read is none
  }
  return stamp;
}

RunCache::RunCache(fs::path kept) : kept_(std::move(kept)) {
  if (kept_.empty()) return;
  try {
    load();
  } catch (...) {
    entries_.clear();  // missing, damaged or of another version
  }
}

std::vector<FoundRun> RunCache::runs(std::span<const fs::path> files) {
  std::vector<FoundRun> runs(files.size());
  std::vector<fs::path> stale;
  std::map<fs::path, Entry> current;
  for (const fs::path& file : files) {
    Entry entry{stamp_of(file), {}, ""};
    const auto known = entries_.find(file);
    if (known != entries_.end() && known->second.stamp == entry.stamp) {
      entry = std::move(known->second);
    } else {
      stale.push_back(file);
    }
    current.emplace(file, std::move(entry));
  }
  const bool has_changed = !stale.empty() || current.size() != entries_.size();
  entries_ = std::move(current);
  read(stale);
  if (has_changed) keep();
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Entry& entry = entries_.at(files[i]);
    runs[i] = entry.summary ? found_run(files[i], *entry.summary) : damaged_run(files[i], entry.problem);
  }
  return runs;
}

void RunCache::read(std::span<const fs::path> files) {
  readings_ = files.size();
  std::vector<BriefAnswer> answers = read_briefs(files);
  for (std::size_t i = 0; i < files.size(); ++i) {
    Entry& entry = entries_.at(files[i]);
    entry.summary = std::move(answers[i].summary);
    entry.problem = std::move(answers[i].problem);
  }
}

void RunCache::load() {
  std::error_code none;
  if (fs::file_size(kept_, none) > kMostBytes || none) return;
  const std::vector<std::byte> bytes = read_hashed(kept_);
  const auto json = parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const auto& items = json.value().as<Json::Array>();
  if (items.at(0) != Json(kForm)) return;
  for (std::size_t i = 1; i < items.size(); ++i) {
    const auto& parts = items[i].as<Json::Array>();
    Entry entry{{parts.at(1).as<std::int64_t>(), static_cast<std::uint64_t>(parts.at(2).as<std::int64_t>()),
                 parts.at(3).as<std::string>()},
                brief_of(parts.at(5)),
                parts.at(4).as<std::string>()};
    if (entry.summary || !entry.problem.empty()) entries_.emplace(parts.at(0).as<std::string>(), std::move(entry));
  }
}

void RunCache::keep() const {
  if (kept_.empty()) return;
  Json::Array items = {kForm};
  for (const auto& [file, entry] : entries_) {
    items.emplace_back(Json::Array{file.string(), entry.stamp.time, static_cast<std::int64_t>(entry.stamp.bytes),
                                   entry.stamp.hash, entry.problem, entry.summary ? brief_json(*entry.summary) : Json()});
  }
  try {
    const std::string text = json_line(Json(std::move(items)));
    if (text.size() > kMostBytes) return;
    make_directories(kept_.parent_path());
    write_hashed(kept_, std::as_bytes(std::span(text)));
    remove_old(kept_.parent_path());
  } catch (const Error&) {
    return;  // a path that is no UTF-8, a full disk: it is only for speed
  }
}

fs::path cache_file(std::span<const std::string> places) {
  const fs::path folder = cache_folder();
  if (folder.empty()) return {};
  std::string text;
  for (const std::string& place : places) {
    std::error_code failure;
    text += fs::weakly_canonical(place, failure).string() + '\0';
  }
  return folder / ("runs-" + hash_of(std::as_bytes(std::span(text))));
}

}  // namespace fovea
