#include "framework/cpu/parallel.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "framework/core/error.h"
#include "framework/cpu/thread_sanitizer.h"

namespace fovea::cpu {
namespace {

constexpr const char* kTasks = "/proc/self/task";  // its links are two and one for each thread

std::uintmax_t links_of_tasks() {
  std::error_code none;
  return std::filesystem::hard_link_count(kTasks, none);
}

// Threads that have been joined count until the system has put them away.
void wait_until_gone(std::uintmax_t links) {
  for (int left = 200; left > 0 && links_of_tasks() > links; --left)
    std::this_thread::sleep_for(std::chrono::microseconds(500));
}

// The library of threads ends the process where it cannot start one: so they are started here first, all at a time.
void expect_threads(int count) {
  const std::uintmax_t links = links_of_tasks();
  std::latch go(1);
  std::vector<std::thread> tried;
  std::string failure;
  try {
    for (int i = 1; i < count; ++i) tried.emplace_back([&go] { go.wait(); });
  } catch (const std::system_error& error) {
    failure = error.code().message();
  }
  go.count_down();
  for (std::thread& thread : tried) thread.join();
  if (!failure.empty()) {
    throw Error("threads", "expected to start " + std::to_string(count) + " threads; the system allows " +
                               std::to_string(tried.size() + 1) + " (" + failure +
                               "); give a smaller --threads, or raise the limit " + "(ulimit -u, --pids-limit).");
  }
  wait_until_gone(links);
}

// The threads of the process. A call keeps the pool it began with, so set_threads may be called at any time.
struct Pool {
  explicit Pool(int count)
      : size(count),
        limit(oneapi::tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(count)),
        arena(count) {}

  int size;
  oneapi::tbb::global_control limit;  // allows more threads than cores, where they are asked for
  oneapi::tbb::task_arena arena;
};

std::mutex& pool_mutex() {
  static std::mutex mutex;
  return mutex;
}

std::shared_ptr<Pool>& current_pool() {
  static std::shared_ptr<Pool> pool;
  return pool;
}

std::shared_ptr<Pool> make_pool(int count) {
  expect_threads(count);
  return std::make_shared<Pool>(count);
}

std::shared_ptr<Pool> pool() {
  const std::lock_guard lock(pool_mutex());
  if (current_pool() == nullptr) current_pool() = make_pool(oneapi::tbb::info::default_concurrency());
  return current_pool();
}

// The exception of the lowest task: which task fails first depends on timing; which one is reported must not.
class FirstFailure {
 public:
  void record(Extent task) {
    const std::lock_guard lock(mutex_);
    if (exception_ == nullptr || task < task_) {
      task_ = task;
      exception_ = std::current_exception();
    }
  }
  void rethrow() const {
    if (exception_ != nullptr) std::rethrow_exception(exception_);
  }

 private:
  std::mutex mutex_;
  Extent task_ = 0;
  std::exception_ptr exception_;
};

void run_task(const std::function<void(Extent)>& body, Extent task, FirstFailure& failure) {
  try {
    body(task);
  } catch (...) {
    failure.record(task);
  }
}

void run_in(Pool& pool, Extent count, const std::function<void(Extent)>& body, FirstFailure& failure) {
  using Range = oneapi::tbb::blocked_range<Extent>;
  HandOver begun;
  HandOver ended;  // an order between the call and its tasks, none between two tasks
  begun.release();
  pool.arena.execute([&] {
    // Isolated: a thread that waits for inner tasks must not begin an outer one, whose buffers it may be holding.
    oneapi::tbb::this_task_arena::isolate([&] {
      oneapi::tbb::parallel_for(
          Range(0, count, 1),
          [&](const Range& range) {
            begun.acquire();
            for (Extent task = range.begin(); task != range.end(); ++task) run_task(body, task, failure);
            ended.release();
          },
          oneapi::tbb::simple_partitioner());
    });
  });
  ended.acquire();
}

}  // namespace

void set_threads(int count) {
  if (count < 0) {
    throw Error("threads", "a count >= 1, or 0 for one per core; " + std::to_string(count) + " came; give a count >= 0.");
  }
  const int wanted = count == 0 ? oneapi::tbb::info::default_concurrency() : count;
  const std::lock_guard lock(pool_mutex());
  if (current_pool() == nullptr || current_pool()->size != wanted) current_pool() = make_pool(wanted);
}

int threads() { return pool()->size; }

void parallel_for(Extent count, const std::function<void(Extent)>& body) {
  if (count <= 0) return;
  FirstFailure failure;
  const std::shared_ptr<Pool> workers = pool();
  if (count == 1 || workers->size == 1) {
    for (Extent task = 0; task < count; ++task) run_task(body, task, failure);
  } else {
    run_in(*workers, count, body, failure);
  }
  failure.rethrow();
}

void parallel_tiles(Extent extent, Extent tile, const std::function<void(Extent begin, Extent end, Extent number)>& body) {
  if (tile < 1) {
    throw Error("parallel_tiles", "a tile of at least 1 element; " + std::to_string(tile) + " came; give a tile >= 1.");
  }
  parallel_for((extent + tile - 1) / tile, [&](Extent number) {
    const Extent begin = number * tile;
    body(begin, std::min(begin + tile, extent), number);
  });
}

}  // namespace fovea::cpu
