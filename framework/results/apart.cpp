#include "framework/results/apart.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <span>
#include <system_error>

#include "framework/core/error.h"
#include "framework/files/posix_file.h"

namespace fovea {
namespace {

constexpr char kFinished = '\x06';  // the last byte of a child that came to its end

[[noreturn]] void throw_failed(const char* purpose, int code) {
  throw Error("process", fmt::format("expected to {}; {}; end other processes and try again.", purpose,
                                     std::generic_category().message(code)));
}

/// Ends with the parent, however that ends.
void follow(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(2);  // it has ended before
}

/// Crashes are the parent's to report: no handlers of this program, no message of the C library, no core file. What asks
/// the parent to stop is not for the child.
void make_quiet(std::chrono::seconds limit) {
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGXCPU}) std::signal(signal, SIG_DFL);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE}) std::signal(signal, SIG_IGN);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const auto seconds = static_cast<rlim_t>(limit.count());
  const rlimit time{seconds, seconds + 1};
  ::setrlimit(RLIMIT_CPU, &time);
  const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nothing >= 0) ::dup2(nothing, STDERR_FILENO);
}

[[noreturn]] void be_child(int out, const std::function<std::string()>& work) {
  try {
    std::string text = work();
    text += kFinished;
    std::span<const char> left(text);
    while (!left.empty()) {
      const ssize_t written = uninterrupted([&] { return ::write(out, left.data(), left.size()); });
      if (written <= 0) ::_exit(2);
      left = left.subspan(written);
    }
    ::_exit(0);  // no destructors and no exit handlers: those are the parent's
  } catch (...) {
    ::_exit(1);
  }
}

std::string read_to_end(int in) {
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t size = uninterrupted([&] { return ::read(in, piece.data(), piece.size()); });
    if (size <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
}

[[noreturn]] void throw_ended(int status, std::chrono::seconds limit) {
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  const std::string end = signal == SIGXCPU || signal == SIGKILL
                              ? fmt::format("did not end within {} seconds of computing on", limit.count())
                              : "crashed on";
  throw Error("hdf5", "expected a file that the HDF5 library can read; it " + end +
                          " this one: the file is damaged; restore it from a copy, or run the experiment again.");
}

}  // namespace

std::string run_apart(std::chrono::seconds limit, const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_failed("make a pipe", errno);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  const int code = errno;
  if (child == 0) {
    follow(parent);
    make_quiet(limit);
    be_child(ends[1], work);
  }
  ::close(ends[1]);
  std::string text = child > 0 ? read_to_end(ends[0]) : "";
  ::close(ends[0]);
  if (child < 0) throw_failed("make a process", code);
  int status = 0;
  uninterrupted([&] { return ::waitpid(child, &status, 0); });
  if (text.empty() || text.back() != kFinished) throw_ended(status, limit);
  text.pop_back();
  return text;
}

std::chrono::seconds reading_limit(std::uintmax_t bytes) {
  constexpr std::uintmax_t kLeast = 3;
  constexpr std::uintmax_t kBytesPerSecond = std::uintmax_t{1} << 23U;
  return std::chrono::seconds(kLeast + bytes / kBytesPerSecond);
}

}  // namespace fovea
