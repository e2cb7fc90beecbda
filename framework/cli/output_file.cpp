#include "framework/cli/output_file.h"

#include <sys/stat.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/files/posix_file.h"
#include "framework/results/hash_list.h"
#include "framework/results/run_file.h"
#include "framework/train/checkpoint.h"
#include "framework/train/recorder.h"

namespace fovea::cli {
namespace {

bool is_there(const std::filesystem::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

/// A results file that is published, wherever it lies, or any other file that a run keeps in its directory.
bool is_of_run(const std::filesystem::path& path) {
  if (is_there(path) && is_there(hash_path(path))) return true;
  const std::filesystem::path directory = path.parent_path();
  if (!is_there(directory / kJournalName) && !is_there(directory / kCheckpointName)) return false;
  static const std::array<std::string, 6> kNames = {kResultsName,    kResultsHashName, kJournalName,
                                                    kCheckpointName, "lock",           "log.txt"};
  const std::string name = path.filename().string();
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace

void check_output(const std::filesystem::path& path) {
  expect_replaceable(path);
  if (is_of_run(path)) {
    throw Error(path.string(), "expected a file of its own after -o; this one belongs to a run; choose another path.");
  }
  const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
  struct stat status {};
  const int code = ::stat(directory.c_str(), &status) != 0 ? errno : S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
  if (code != 0) throw_file_error(path, "create the file", code);
}

void write_output_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  check_output(path);
  write_output(path, bytes);
}

}  // namespace fovea::cli
