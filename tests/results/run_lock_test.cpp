#include "framework/results/run_lock.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <string>

#include "framework/core/error.h"
#include "tests/results/sample_record.h"

using namespace fovea;
using fovea::testing::ScratchDirectory;

TEST_CASE("a second lock on a run directory names the process that holds it") {
  const ScratchDirectory scratch;
  const RunLock lock(scratch.path());
  const std::string holder = "process " + std::to_string(::getpid()) + " on ";
  CHECK_THROWS_WITH_AS(RunLock(scratch.path()), doctest::Contains(holder.c_str()), Error);
}

TEST_CASE("a lock that has ended or moved leaves the directory to the next") {
  const ScratchDirectory scratch;
  {
    RunLock first(scratch.path());
    const RunLock moved(std::move(first));
    CHECK_THROWS_AS(RunLock(scratch.path()), Error);
  }
  CHECK_NOTHROW(RunLock(scratch.path()));
}

TEST_CASE("a lock of a killed process is free again") {
  const ScratchDirectory scratch;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const RunLock lock(scratch.path());
    if (::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  const std::string holder = "process " + std::to_string(child) + " on ";
  CHECK_THROWS_WITH_AS(RunLock(scratch.path()), doctest::Contains(holder.c_str()), Error);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK_NOTHROW(RunLock(scratch.path()));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("a missing run directory is an error with its path") {
  CHECK_THROWS_WITH_AS(RunLock("/nonexistent/run"), doctest::Contains("/nonexistent/run/lock"), Error);
}
