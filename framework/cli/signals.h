#pragma once

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fovea::cli {

/// While it lives, the first SIGINT, SIGTERM, SIGHUP (the terminal was closed), SIGUSR1 or SIGUSR2 (a batch system warns) is
/// noted in `flag()`, so that the work can end in order; a SIGINT or SIGTERM that follows ends the process at once with 128
/// + its number. A SIGHUP that is ignored at the start, as nohup does, stays ignored.
///
/// A separate thread waits for them: the calling thread, and threads that it starts from then on, do not take them. While
/// oneDNN multiplies, the stack pointer of its thread may lie on the heap, and a signal that is handled there would write
/// into whatever lies beside it (uxlfoundation/oneDNN issue 4845). So this is made before any thread.
///
/// Errors    no thread can be started.
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
  void restore();

  std::vector<std::pair<int, struct sigaction>> actions_;  // those before
  sigset_t mask_{};                                        // of the calling thread, before
  std::atomic<bool> is_over_{false};
  std::thread waiting_;
};

/// "SIGTERM".
std::string signal_name(int number);

}  // namespace fovea::cli
