#include "framework/sweep/pool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <deque>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "framework/core/error.h"
#include "framework/files/posix_file.h"
#include "framework/results/run_lock.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it in no header

namespace fovea {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void throw_no_process(int code) {
  throw Error("process", "expected to start this program once more; " + std::generic_category().message(code) +
                             "; end other processes, or give a smaller --jobs.");
}

/// A process at work, and the file in memory that both of its streams go to.
struct Child {
  std::size_t job = 0;
  pid_t process = 0;
  int output = -1;
  Clock::time_point start = Clock::now();
};

/// Between fork and exec, where nothing may take memory or a lock. The signal of the parent's end outlives exec.
[[noreturn]] void become(char* const* words, int output, int parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(128 + SIGTERM);  // it has ended before
  ::setpgid(0, 0);  // what a terminal sends reaches the parent alone, which passes it on once
  for (const int number : {SIGPIPE, SIGXFSZ, SIGINT}) std::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  // By this link it is the same program also where its file was replaced meanwhile.
  ::execve("/proc/self/exe", words, environ);
  static constexpr std::string_view kWords = "expected to start this program once more; it cannot be executed.\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kWords.data(), kWords.size());
  ::_exit(127);
}

Child started(std::size_t index, const Job& job, const std::string& program) {
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& word : job.words) words.push_back(const_cast<char*>(word.c_str()));  // as POSIX wants it
  words.push_back(nullptr);
  Child child;
  child.job = index;
  child.output = ::memfd_create("fovea", MFD_CLOEXEC);
  if (child.output < 0) throw_no_process(errno);
  const pid_t parent = ::getpid();
  child.process = ::fork();
  if (child.process == 0) become(words.data(), child.output, parent);
  if (child.process < 0) {
    const int code = errno;
    ::close(child.output);
    throw_no_process(code);
  }
  return child;
}

std::string text_of(int descriptor) {
  constexpr off_t kMost = 1 << 20;
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  std::string text(static_cast<std::size_t>(std::clamp<off_t>(size, 0, kMost)), '\0');
  const off_t begin = std::max<off_t>(0, size - static_cast<off_t>(text.size()));
  const ssize_t count = uninterrupted([&] { return ::pread(descriptor, text.data(), text.size(), begin); });
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return text;
}

bool is_held(const Job& job) {
  return std::any_of(job.locks.begin(), job.locks.end(), [](const auto& directory) { return is_locked(directory); });
}

/// The words of RunLock: another process was faster.
bool was_held(const JobEnd& end) {
  return end.kind == JobEnd::Kind::kFailed &&
         end.output.find("expected a run directory that no other process uses") != std::string::npos;
}

class Pool {
 public:
  Pool(std::span<const Job> jobs, const PoolForm& form, const PoolHooks& hooks) : jobs_(jobs), form_(form), hooks_(hooks) {
    for (std::size_t i = 0; i < jobs.size(); ++i) waiting_.push_back(i);
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  /// Where an exception leaves it, the processes are stopped and waited for.
  ~Pool() {
    stop();
    for (const Child& child : children_) {
      uninterrupted([&] { return ::waitpid(child.process, nullptr, 0); });
      ::close(child.output);
    }
  }

  Extent run() {
    constexpr std::chrono::milliseconds kTurn{20};
    while (!is_over()) {
      if (must_stop()) stop();
      start_what_fits();
      collect();
      std::this_thread::sleep_for(kTurn);
    }
    return static_cast<Extent>(waiting_.size() + held_.size()) + stopped_;
  }

 private:
  bool must_stop() const { return has_failed_ || (form_.stop_signal != nullptr && form_.stop_signal->load() != 0); }
  bool is_over() const { return children_.empty() && (must_stop() || (waiting_.empty() && held_.empty())); }

  void stop() {
    if (std::exchange(is_stopping_, true)) return;
    for (const Child& child : children_) ::kill(child.process, SIGTERM);
  }

  void start_what_fits() {
    if (must_stop()) return;
    while (!waiting_.empty() && static_cast<Extent>(children_.size()) < form_.side_by_side) {
      const std::size_t index = waiting_.front();
      const Job& job = jobs_[index];
      waiting_.pop_front();
      if (is_held(job)) {
        held_.push_back(index);
      } else if (!hooks_.need || hooks_.need(job) == Need::kNow) {
        children_.push_back(started(index, job, form_.program));
      }
    }
    look_again();
  }

  /// Once nothing else is left to begin, what others hold is looked at now and then.
  void look_again() {
    constexpr std::chrono::milliseconds kPause{300};
    if (held_.empty() || !waiting_.empty() || Clock::now() < next_look_) return;
    next_look_ = Clock::now() + kPause;
    if (children_.empty() && !std::exchange(has_told_, true) && hooks_.waits_for) {
      std::vector<Job> jobs;
      for (const std::size_t index : held_) jobs.push_back(jobs_[index]);
      hooks_.waits_for(jobs);
    }
    std::swap(waiting_, held_);
  }

  void collect() {
    for (std::size_t i = 0; i < children_.size();) {
      int status = 0;
      if (uninterrupted([&] { return ::waitpid(children_[i].process, &status, WNOHANG); }) <= 0) {
        ++i;
        continue;
      }
      const Child child = children_[i];
      children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(i));
      const JobEnd end = end_of(child, status);
      ::close(child.output);
      take(child.job, end);
    }
  }

  JobEnd end_of(const Child& child, int status) const {
    JobEnd end;
    end.seconds = std::chrono::duration<double>(Clock::now() - child.start).count();
    end.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (end.exit_code == 0) return end;
    const auto is_of = [&](std::initializer_list<int> signals) {
      return std::any_of(signals.begin(), signals.end(), [&](int number) { return end.exit_code == 128 + number; });
    };
    end.kind = is_of({SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) ? JobEnd::Kind::kStopped : JobEnd::Kind::kFailed;
    end.output = text_of(child.output);
    return end;
  }

  void take(std::size_t index, const JobEnd& end) {
    if (was_held(end)) {
      held_.push_back(index);
      return;
    }
    if (end.kind == JobEnd::Kind::kStopped) ++stopped_;
    if (end.kind == JobEnd::Kind::kFailed && form_.fail_fast) has_failed_ = true;
    if (hooks_.ended) hooks_.ended(jobs_[index], end);
  }

  std::span<const Job> jobs_;
  const PoolForm& form_;
  const PoolHooks& hooks_;
  std::deque<std::size_t> waiting_;
  std::deque<std::size_t> held_;  // by other processes
  std::vector<Child> children_;
  Clock::time_point next_look_;
  Extent stopped_ = 0;
  bool has_failed_ = false;
  bool is_stopping_ = false;
  bool has_told_ = false;
};

}  // namespace

Extent run_jobs(std::span<const Job> jobs, const PoolForm& form, const PoolHooks& hooks) {
  return Pool(jobs, form, hooks).run();
}

std::string last_lines(const std::string& text, std::size_t count) {
  std::size_t begin = text.size();
  if (begin > 0 && text.back() == '\n') --begin;
  for (; begin > 0; --begin) {
    if (text[begin - 1] == '\n' && --count == 0) break;
  }
  return text.substr(begin);
}

}  // namespace fovea
