#include "framework/results/run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "framework/core/error.h"
#include "framework/results/posix_file.h"

namespace fovea {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "an unknown host";
  return name.data();
}

[[noreturn]] void throw_held(const std::filesystem::path& directory, PosixFile& file) {
  std::array<std::byte, 512> bytes{};
  const std::size_t size = file.read(bytes);
  std::string holder;
  for (std::size_t i = 0; i < size; ++i) {
    const char c = static_cast<char>(bytes[i]);
    if (c == '\n') break;
    if (c >= ' ' && c <= '~') holder += c;
  }
  if (holder.empty()) holder = "another process";  // it has locked the file and not yet written its id
  throw Error(directory.string(), fmt::format("expected a run directory that no other process uses; {} holds it; "
                                              "wait for it, stop it, or choose another directory with --output.",
                                              holder));
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "lock";
  PosixFile file(path, O_RDWR | O_CREAT);
  int status = 0;
  do {
    status = ::flock(file.descriptor(), LOCK_EX | LOCK_NB);
  } while (status != 0 && errno == EINTR);
  if (status != 0 && errno == EWOULDBLOCK) throw_held(directory, file);
  if (status != 0) throw_file_error(path, "lock the file", errno);
  // The text is for the message of a second process only: the lock itself ends with the process.
  if (::ftruncate(file.descriptor(), 0) != 0) throw_file_error(path, "write the file", errno);
  const std::string text = fmt::format("process {} on {}\n", ::getpid(), host_name());
  file.write(std::as_bytes(std::span(text)));
  descriptor_ = file.release();
}

RunLock::RunLock(RunLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

RunLock& RunLock::operator=(RunLock&& other) noexcept {
  if (this != &other) {
    release();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

RunLock::~RunLock() { release(); }

// The file stays: removing it would let two processes hold locks on two files of one name.
void RunLock::release() noexcept {
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor < 0) return;
  [[maybe_unused]] const int emptied = ::ftruncate(descriptor, 0);
  ::close(descriptor);
}

}  // namespace fovea
