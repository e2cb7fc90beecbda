#include "framework/results/run_lock.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "tests/results/sample_record.h"

using namespace fovea;
using fovea::testing::overwrite;
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
  CHECK_FALSE(std::filesystem::exists(scratch.path() / "lock"));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("a lock that has not yet the name of its holder is asked again") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "lock";
  const int held = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(::flock(held, LOCK_EX | LOCK_NB) == 0);
  {
    std::thread holder([held] {
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
      CHECK(::write(held, "process 7 on a host\n", 20) == 20);
    });
    CHECK_THROWS_WITH_AS(RunLock(scratch.path()), doctest::Contains("; process 7 on a host holds it;"), Error);
    holder.join();
  }
  // A lock that is let go of meanwhile, as by one who looks at it only, is no obstacle.
  CHECK(::ftruncate(held, 0) == 0);
  std::thread holder([held] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    ::close(held);
  });
  CHECK_NOTHROW(RunLock(scratch.path()));
  holder.join();
}

TEST_CASE("whether a run is held is asked of the lock, not of the number in it") {
  const ScratchDirectory scratch;
  CHECK_FALSE(is_locked(scratch.path()));
  CHECK_FALSE(is_locked(scratch.path() / "none"));
  // The number of this process, which lives, but holds nothing.
  const std::string text = "process " + std::to_string(::getpid()) + " on here\n";
  overwrite(scratch.path() / "lock", std::as_bytes(std::span(text)));
  CHECK_FALSE(is_locked(scratch.path()));
  {
    const RunLock lock(scratch.path());
    CHECK(is_locked(scratch.path()));
    // A number that no process has, as of one on another machine.
    overwrite(scratch.path() / "lock", std::as_bytes(std::span(std::string_view("process 999999999 on elsewhere\n"))));
    CHECK(is_locked(scratch.path()));
    overwrite(scratch.path() / "lock", {});
    CHECK(is_locked(scratch.path()));
  }
  CHECK_FALSE(is_locked(scratch.path()));
}

TEST_CASE("a directory that is refused keeps the lock file as it was found") {
  const auto refuse = [](const std::filesystem::path& directory) {
    const RunLock lock(directory);
    throw Error("the directory of another run came.");
  };
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "lock";
  CHECK_THROWS_AS(refuse(scratch.path()), Error);
  CHECK_FALSE(std::filesystem::exists(path));
  for (const std::string_view text : {"", "process 12345 on a host\n", "anything"}) {
    overwrite(path, std::as_bytes(std::span(text)));
    CHECK_THROWS_AS(refuse(scratch.path()), Error);
    const std::vector<std::byte> bytes = read_file(path);
    CHECK(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) == text);
  }
}

TEST_CASE("a link or a pipe in place of the lock is not opened") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "lock";
  std::filesystem::create_symlink(scratch.path() / "target", path);
  CHECK_THROWS_WITH_AS(RunLock(scratch.path()), doctest::Contains("it is a link; remove it"), Error);
  CHECK_FALSE(std::filesystem::exists(scratch.path() / "target"));
  CHECK_FALSE(is_locked(scratch.path()));
  std::filesystem::remove(path);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(RunLock(scratch.path()), doctest::Contains("it is a device, pipe or socket"), Error);
}

TEST_CASE("many who want a lock at the same time have it one after the other") {
  const ScratchDirectory scratch;
  std::atomic<int> holders{0};
  std::atomic<int> had{0};
  const auto want = [&] {
    for (int i = 0; i < 20; ++i) {
      try {
        const RunLock lock(scratch.path());
        CHECK(++holders == 1);
        ++had;
        --holders;
      } catch (const Error&) {
        std::this_thread::yield();
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(want);
  for (std::thread& thread : threads) thread.join();
  CHECK(had > 0);
  CHECK_FALSE(std::filesystem::exists(scratch.path() / "lock"));
}

TEST_CASE("a missing run directory is an error with its path") {
  CHECK_THROWS_WITH_AS(RunLock("/nonexistent/run"), doctest::Contains("/nonexistent/run/lock"), Error);
}
