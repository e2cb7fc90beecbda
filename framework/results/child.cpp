#include "framework/results/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <limits>
#include <system_error>

#include "framework/core/error.h"

namespace fovea {
namespace {

/// Ends with the parent.
void follow(int parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(2);  // it has ended before
}

/// Crashes are the parent's to report: no handlers of this program, no message of the C library, no core file.
void make_quiet() {
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGXCPU}) std::signal(signal, SIG_DFL);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE}) std::signal(signal, SIG_IGN);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nothing >= 0) ::dup2(nothing, STDERR_FILENO);
}

/// A pipe of another child that stayed open here would not come to its end, nor a connection that the parent closes.
void close_others(int out) {
  constexpr unsigned kFirst = STDERR_FILENO + 1;
  constexpr unsigned kLast = std::numeric_limits<unsigned>::max();
  const auto kept = static_cast<unsigned>(out);
  if (kept > kFirst) ::close_range(kFirst, kept - 1, 0);
  ::close_range(kept + 1, kLast, 0);
}

}  // namespace

void begin_child(int parent, int out) {
  follow(parent);
  close_others(out);
  make_quiet();
}

void limit_computing(std::chrono::seconds limit) {
  rusage used{};
  rlimit time{};
  ::getrusage(RUSAGE_SELF, &used);
  ::getrlimit(RLIMIT_CPU, &time);
  time.rlim_cur = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1 + limit.count());
  ::setrlimit(RLIMIT_CPU, &time);
}

void limit_memory(std::uint64_t bytes) {
  rlimit memory{};
  ::getrlimit(RLIMIT_AS, &memory);
  memory.rlim_cur = std::min<rlim_t>(bytes, memory.rlim_max);
  ::setrlimit(RLIMIT_AS, &memory);
}

std::string ended_early(int status, std::chrono::seconds limit) {
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  const std::string end = signal == SIGXCPU || signal == SIGKILL
                              ? fmt::format("did not end within {} seconds of computing on", limit.count())
                              : "crashed on";
  return "expected a file that the HDF5 library can read; it " + end +
         " this one: the file is damaged; restore it from a copy, or run the experiment again.";
}

void throw_no_process(const char* purpose, int code) {
  throw Error("process", fmt::format("expected to {}; {}; end other processes and try again.", purpose,
                                     std::generic_category().message(code)));
}

}  // namespace fovea
