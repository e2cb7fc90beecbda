#pragma once

#include <atomic>
#include <csignal>

namespace fovea::cli {

/// While it lives, the first SIGINT or SIGTERM is noted in `stop_signal`, so that the work can end in order; a second one
/// leaves the process at once with 128 + its number.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// 0, or the number of the signal.
  const std::atomic<int>* flag() const;
  int number() const { return flag()->load(); }

 private:
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

}  // namespace fovea::cli
