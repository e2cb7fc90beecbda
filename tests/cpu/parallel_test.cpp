#include "framework/cpu/parallel.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "framework/core/error.h"

namespace fovea::cpu {

TEST_CASE("every task runs exactly once on any number of threads") {
  for (const int count : {1, 2, 3, 8}) {
    set_threads(count);
    CHECK(threads() == count);
    std::vector<std::atomic<int>> runs(1000);
    parallel_for(1000, [&](Extent i) { ++runs[i]; });
    for (const auto& run : runs) CHECK(run.load() == 1);
  }
  set_threads(0);
  CHECK(threads() >= 1);
}

TEST_CASE("more threads than cores are used if they are asked for") {
  set_threads(4);
  std::atomic<int> together{0};
  std::atomic<bool> met{false};
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  parallel_for(4, [&](Extent) {
    if (++together == 4) met = true;
    while (!met && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  });
  set_threads(0);
  CHECK(met.load());
}

TEST_CASE("tiles cover the extent and do not depend on the number of threads") {
  for (const int count : {1, 3}) {
    set_threads(count);
    std::vector<Extent> begins(4);
    std::vector<Extent> ends(4);
    parallel_tiles(10, 3, [&](Extent begin, Extent end, Extent number) {
      begins[number] = begin;
      ends[number] = end;
    });
    CHECK(begins == std::vector<Extent>{0, 3, 6, 9});
    CHECK(ends == std::vector<Extent>{3, 6, 9, 10});
  }
  set_threads(0);
}

TEST_CASE("the exception of the lowest task is the one that is thrown") {
  for (const int count : {1, 3}) {
    set_threads(count);
    const auto fail_late = [](Extent i) {
      if (i == 3) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (i >= 3) throw std::runtime_error("task " + std::to_string(i));
    };
    CHECK_THROWS_WITH(parallel_for(20, fail_late), "task 3");
  }
  set_threads(0);
}

TEST_CASE("tasks may run tasks") {
  set_threads(3);
  std::atomic<Extent> total{0};
  parallel_for(5, [&](Extent i) { parallel_for(7, [&](Extent j) { total += i * 7 + j; }); });
  set_threads(0);
  CHECK(total.load() == 34 * 35 / 2);
}

TEST_CASE("a thread count below zero and an empty tile are errors") {
  CHECK_THROWS_AS(set_threads(-1), Error);
  CHECK_THROWS_AS(parallel_tiles(3, 0, [](Extent, Extent, Extent) {}), Error);
}

}  // namespace fovea::cpu
