#pragma once

#include <atomic>
#include <csignal>
#include <thread>

namespace fovea::cli {

/// While it lives, the first SIGINT or SIGTERM is noted in `flag()`, so that the work can end in order; a second one
/// ends the process at once with 128 + its number.
///
/// A separate thread waits for them: the calling thread, and threads that it starts from then on, do not take them. While
/// oneDNN multiplies, the stack pointer of its thread may lie on the heap, and a signal that is handled there would write
/// into whatever lies beside it (uxlfoundation/oneDNN issue 4845). So this is made before any thread.
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
  sigset_t mask_{};  // of the calling thread, before
  std::atomic<bool> is_over_{false};
  std::thread waiting_;
};

}  // namespace fovea::cli
