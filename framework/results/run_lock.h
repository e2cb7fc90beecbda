#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace fovea {

/// Holds a run directory for this process: a file `lock` with the process id, locked by flock, so that a lock left by
/// a killed process is free again by itself. The file goes with it; where an exception ends its life, as when the directory
/// belongs to another run, a file that was there before is left as it was found.
///
/// Errors    another process holds the directory (the message names it); the directory cannot be written.
class RunLock {
 public:
  explicit RunLock(const std::filesystem::path& directory);
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&& other) noexcept;
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;
  ~RunLock();

 private:
  enum class Found : std::uint8_t { kNone, kFile };

  /// False where another process has it, or has just removed the file: then it may be asked for again.
  bool take();
  void release() noexcept;

  std::filesystem::path path_;
  int descriptor_ = -1;
  Found found_ = Found::kNone;
  std::string text_;  // what the file held before
  int exceptions_ = 0;
};

/// True where a process, on this machine or on another one, holds the run directory.
///
/// Errors    a lock that this user may not read.
bool is_locked(const std::filesystem::path& directory);

}  // namespace fovea
