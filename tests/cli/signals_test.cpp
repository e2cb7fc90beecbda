#include "framework/cli/signals.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

using fovea::cli::StopSignals;

namespace {

bool takes(int number) {
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return ::sigismember(&mask, number) == 0;
}

int noted_within(const StopSignals& signals, std::chrono::milliseconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (signals.number() == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  return signals.number();
}

}  // namespace

TEST_CASE("a stop signal is noted, but handled by no working thread") {
  const bool took = takes(SIGTERM);
  {
    const StopSignals signals;
    CHECK_FALSE(takes(SIGTERM));
    CHECK_FALSE(takes(SIGINT));
    bool worker_takes = true;
    std::thread([&] { worker_takes = takes(SIGTERM); }).join();
    CHECK_FALSE(worker_takes);
    CHECK(signals.number() == 0);
    ::kill(::getpid(), SIGTERM);
    CHECK(noted_within(signals, std::chrono::seconds(10)) == SIGTERM);
  }
  CHECK(takes(SIGTERM) == took);
}

TEST_CASE("every signal that asks to stop is noted, and one of them again ends nothing") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
    const StopSignals signals;
    ::kill(::getpid(), number);
    CHECK(noted_within(signals, std::chrono::seconds(10)) == number);
    for (const int again : {SIGHUP, SIGUSR1, SIGUSR2}) ::kill(::getpid(), again);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    CHECK(signals.number() == number);
    CHECK(fovea::cli::signal_name(number).starts_with("SIG"));
  }
}

TEST_CASE("a SIGHUP that is ignored at the start stays ignored") {
  struct sigaction before {};
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGHUP, &ignore, &before);
  {
    const StopSignals signals;
    ::kill(::getpid(), SIGHUP);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(signals.number() == 0);
  }
  struct sigaction after {};
  ::sigaction(SIGHUP, &before, &after);
  CHECK((after.sa_handler == SIG_IGN));
}

TEST_CASE("a new StopSignals starts without a signal") {
  const StopSignals signals;
  CHECK(signals.number() == 0);
}
