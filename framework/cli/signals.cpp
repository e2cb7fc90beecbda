#include "framework/cli/signals.h"

#include <unistd.h>
#include <array>
#include <system_error>

#include "framework/core/error.h"

namespace fovea::cli {
namespace {

std::atomic<int> stop_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);  // it is touched by a signal handler

constexpr std::array kStopping = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

/// What may come more than once: a terminal that is closed sends SIGHUP, and so does its shell.
bool is_repeated(int number) { return number != SIGINT && number != SIGTERM; }

extern "C" void note_signal(int number) {
  int none = 0;
  if (stop_signal.compare_exchange_strong(none, number)) return;
  if (!is_repeated(number)) ::_exit(128 + number);
}

bool is_ignored(int number) {
  struct sigaction action {};
  return ::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

constexpr timespec kTurn{0, 20'000'000};  // 20 ms, within which the end is noticed

}  // namespace

StopSignals::StopSignals() {
  stop_signal = 0;
  // The handler is for threads that are older than this, which may still be given a signal.
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : kStopping) {
    // A shell lets background commands ignore SIGINT; who sends it to a run all the same means it.
    if (number == SIGHUP && is_ignored(number)) continue;
    ::sigaddset(&set, number);
    actions_.emplace_back();
    actions_.back().first = number;
    ::sigaction(number, &action, &actions_.back().second);
  }
  ::pthread_sigmask(SIG_BLOCK, &set, &mask_);
  try {
    waiting_ = std::thread([this, set] {
      while (!is_over_) {
        if (const int number = ::sigtimedwait(&set, nullptr, &kTurn); number > 0) note_signal(number);
      }
    });
  } catch (const std::system_error& error) {
    restore();
    throw Error("threads",
                std::string("expected to start a thread that waits for signals; ") + error.code().message() +
                    "; raise the limit of processes (ulimit -u, --pids-limit), or use fewer threads elsewhere and "
                    "a smaller --threads.");
  }
}

StopSignals::~StopSignals() {
  is_over_ = true;
  waiting_.join();
  restore();
}

void StopSignals::restore() {
  ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  for (const auto& [number, action] : actions_) {
    // What has stopped the work in order must not end the rest of the program in another way, where it comes again.
    if (stop_signal != 0 && is_repeated(number)) continue;
    ::sigaction(number, &action, nullptr);
  }
}

const std::atomic<int>* StopSignals::flag() const { return &stop_signal; }

std::string signal_name(int number) {
  switch (number) {
    case SIGINT: return "SIGINT";
    case SIGTERM: return "SIGTERM";
    case SIGHUP: return "SIGHUP";
    case SIGUSR1: return "SIGUSR1";
    case SIGUSR2: return "SIGUSR2";
    default: return "signal " + std::to_string(number);
  }
}

}  // namespace fovea::cli
