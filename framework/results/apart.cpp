#include "framework/results/apart.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <span>
#include <system_error>

#include "framework/core/error.h"

namespace fovea {
namespace {

constexpr char kFinished = '\x06';  // the last byte of a child that came to its end

[[noreturn]] void throw_failed(const char* purpose, int code) {
  throw Error("process", fmt::format("expected to {}; {}; end other processes and try again.", purpose,
                                     std::generic_category().message(code)));
}

/// Crashes are the parent's to report: no handlers of this program, no message of the C library, no core file.
void make_quiet() {
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  constexpr rlim_t kSeconds = 600;
  const rlimit time{kSeconds, kSeconds};
  ::setrlimit(RLIMIT_CPU, &time);
  const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nothing >= 0) ::dup2(nothing, STDERR_FILENO);
}

[[noreturn]] void be_child(int out, const std::function<std::string()>& work) {
  make_quiet();
  try {
    std::string text = work();
    text += kFinished;
    std::span<const char> left(text);
    while (!left.empty()) {
      const ssize_t written = ::write(out, left.data(), left.size());
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
    const ssize_t size = ::read(in, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

std::string run_apart(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_failed("make a pipe", errno);
  const pid_t child = ::fork();
  const int code = errno;
  if (child == 0) be_child(ends[1], work);
  ::close(ends[1]);
  std::string text = child > 0 ? read_to_end(ends[0]) : "";
  ::close(ends[0]);
  if (child < 0) throw_failed("make a process", code);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (text.empty() || text.back() != kFinished) {
    throw Error("hdf5",
                "expected a file that the HDF5 library can read; it crashed on this one or did not end: the "
                "file is damaged; restore it from a copy, or run the experiment again.");
  }
  text.pop_back();
  return text;
}

}  // namespace fovea
