#include "framework/results/apart.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <span>

#include "framework/core/error.h"
#include "framework/files/posix_file.h"
#include "framework/results/child.h"

namespace fovea {
namespace {

constexpr char kFinished = '\x06';  // the last byte of a child that came to its end

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

/// What comes from the child, until it ends or is to be stopped.
std::string read_to_end(int in, pid_t child, const std::atomic<int>* stop) {
  constexpr int kTurn = 50;  // ms, within which a stop is noticed
  std::string text;
  std::array<char, 65536> piece{};
  for (;;) {
    pollfd waiting{in, POLLIN, 0};
    if (stop != nullptr && ::poll(&waiting, 1, kTurn) <= 0) {
      if (*stop != 0) ::kill(child, SIGKILL);
      continue;
    }
    const ssize_t size = uninterrupted([&] { return ::read(in, piece.data(), piece.size()); });
    if (size <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

std::string run_apart(std::chrono::seconds limit, const std::function<std::string()>& work, const std::atomic<int>* stop) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_no_process("make a pipe", errno);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  const int code = errno;
  if (child == 0) {
    begin_child(parent, ends[1]);
    limit_computing(limit);
    be_child(ends[1], work);
  }
  ::close(ends[1]);
  std::string text = child > 0 ? read_to_end(ends[0], child, stop) : "";
  ::close(ends[0]);
  if (child < 0) throw_no_process("make a process", code);
  int status = 0;
  uninterrupted([&] { return ::waitpid(child, &status, 0); });
  if (text.empty() || text.back() != kFinished) throw Error("hdf5", ended_early(status, limit));
  text.pop_back();
  return text;
}

std::chrono::seconds reading_limit(std::uintmax_t bytes) {
  constexpr std::uintmax_t kLeast = 3;
  constexpr std::uintmax_t kBytesPerSecond = std::uintmax_t{1} << 23U;
  return std::chrono::seconds(kLeast + bytes / kBytesPerSecond);
}

}  // namespace fovea
