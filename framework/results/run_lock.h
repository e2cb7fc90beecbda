#pragma once

#include <filesystem>

namespace fovea {

/// Holds a run directory for this process: a file `lock` with the process id, locked by flock, so that a lock left by
/// a killed process is free again by itself.
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
  void release() noexcept;

  int descriptor_ = -1;
};

}  // namespace fovea
