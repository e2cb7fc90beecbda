#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "framework/core/real.h"

namespace fovea {

/// Work for a process of its own: this program again, with other words.
struct Job {
  std::string label;                         // what messages call it
  std::vector<std::string> words;            // of the command line, behind the name of the program
  std::vector<std::filesystem::path> locks;  // run directories that it takes
};

/// What is to be done about a job, asked for when its turn comes.
enum class Need : std::uint8_t { kNow, kNothing };

struct JobEnd {
  enum class Kind : std::uint8_t { kDone, kFailed, kStopped };

  Kind kind = Kind::kDone;
  double seconds = 0;
  int exit_code = 0;   // 128 + its number where a signal ended it
  std::string output;  // both streams; of a job that failed
};

struct PoolForm {
  Extent side_by_side = 1;
  bool fail_fast = false;                         // after a failure nothing more begins, and what runs is stopped
  const std::atomic<int>* stop_signal = nullptr;  // non-zero: the jobs get SIGTERM, and are waited for
  std::string program;                            // what they are called, as in ps
};

struct PoolHooks {
  std::function<Need(const Job&)> need;                    // empty: all of them
  std::function<void(const Job&, const JobEnd&)> ended;    // in the order in which they end
  std::function<void(const std::vector<Job>&)> waits_for;  // told once: other processes hold these
};

/// Runs jobs side by side, each in a process group of its own, which gets SIGTERM when this process ends, however that
/// ends. A job whose
/// directory another process holds is passed over, and looked at again until that has let it go.
///
/// Returns   the number of jobs that were stopped or have not begun: by a signal, or after a failure.
/// Errors    the system cannot start a process.
Extent run_jobs(std::span<const Job> jobs, const PoolForm& form, const PoolHooks& hooks);

/// The last `count` lines of a text.
std::string last_lines(const std::string& text, std::size_t count);

}  // namespace fovea
