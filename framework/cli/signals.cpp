#include "framework/cli/signals.h"

#include <unistd.h>

namespace fovea::cli {
namespace {

std::atomic<int> stop_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);  // it is touched by a signal handler

extern "C" void note_signal(int number) {
  int none = 0;
  if (!stop_signal.compare_exchange_strong(none, number)) ::_exit(128 + number);
}

sigset_t both() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  return set;
}

constexpr timespec kTurn{0, 20'000'000};  // 20 ms, within which the end is noticed

}  // namespace

StopSignals::StopSignals() {
  stop_signal = 0;
  // The handler is for threads that are older than this, which may still be given a signal.
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, &interrupt_);
  ::sigaction(SIGTERM, &action, &terminate_);
  const sigset_t set = both();
  ::pthread_sigmask(SIG_BLOCK, &set, &mask_);
  waiting_ = std::thread([this, set] {
    while (!is_over_) {
      if (const int number = ::sigtimedwait(&set, nullptr, &kTurn); number > 0) note_signal(number);
    }
  });
}

StopSignals::~StopSignals() {
  is_over_ = true;
  waiting_.join();
  ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  ::sigaction(SIGINT, &interrupt_, nullptr);
  ::sigaction(SIGTERM, &terminate_, nullptr);
}

const std::atomic<int>* StopSignals::flag() const { return &stop_signal; }

}  // namespace fovea::cli
