#include "framework/cpu/parallel.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>

#include "framework/core/error.h"

namespace fovea::cpu {
namespace {

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
  static std::shared_ptr<Pool> pool = std::make_shared<Pool>(oneapi::tbb::info::default_concurrency());
  return pool;
}

std::shared_ptr<Pool> pool() {
  const std::lock_guard lock(pool_mutex());
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
  pool.arena.execute([&] {
    // Isolated: a thread that waits for inner tasks must not begin an outer one, whose buffers it may be holding.
    oneapi::tbb::this_task_arena::isolate([&] {
      oneapi::tbb::parallel_for(
          Range(0, count, 1),
          [&](const Range& range) {
            for (Extent task = range.begin(); task != range.end(); ++task) run_task(body, task, failure);
          },
          oneapi::tbb::simple_partitioner());
    });
  });
}

}  // namespace

void set_threads(int count) {
  if (count < 0) {
    throw Error("threads", "a count >= 1, or 0 for one per core; " + std::to_string(count) + " came; give a count >= 0.");
  }
  const int wanted = count == 0 ? oneapi::tbb::info::default_concurrency() : count;
  const std::lock_guard lock(pool_mutex());
  if (current_pool()->size != wanted) current_pool() = std::make_shared<Pool>(wanted);
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
