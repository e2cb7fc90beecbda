#include "framework/results/run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "framework/core/error.h"
#include "framework/files/posix_file.h"

namespace fovea {
namespace {

std::filesystem::path lock_path(const std::filesystem::path& directory) { return directory / "lock"; }

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "an unknown host";
  return name.data();
}

std::string text_of(int descriptor) {
  std::array<char, 512> text{};
  const ssize_t size = uninterrupted([&] { return ::pread(descriptor, text.data(), text.size(), 0); });
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

/// The first line of the file, of which nothing can steer a terminal; "" where its holder has not yet written it.
std::string holder_of(const std::filesystem::path& path) {
  std::string holder;
  try {
    PosixFile file = open_own(path, O_RDONLY);
    for (const char c : text_of(file.descriptor())) {
      if (c == '\n') break;
      if (c >= ' ' && c <= '~') holder += c;
    }
  } catch (const Error&) {
    return "";  // removed meanwhile
  }
  return holder;
}

bool is_there(const std::filesystem::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

/// False where the file was removed, or replaced, after it was opened.
bool is_at(const PosixFile& file, const std::filesystem::path& path) {
  struct stat held {};
  struct stat found {};
  return ::fstat(file.descriptor(), &held) == 0 && ::lstat(path.c_str(), &found) == 0 && held.st_ino == found.st_ino &&
         held.st_dev == found.st_dev;
}

void write_text(int descriptor, const std::string& text, const std::filesystem::path& path) {
  cut_file(descriptor, 0, path);
  if (::lseek(descriptor, 0, SEEK_SET) != 0) throw_file_error(path, "write the file", errno);
  write_all(descriptor, std::as_bytes(std::span(text)), path);
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& directory)
    : path_(lock_path(directory)), exceptions_(std::uncaught_exceptions()) {
  // It is asked a few times, as is_locked holds it for a moment; and more often while its holder has not yet given its name.
  constexpr int kTries = 3;
  constexpr int kTriesWithoutName = 50;
  constexpr std::chrono::milliseconds kPause{20};
  std::string holder;
  for (int tries = 0; tries < kTries || (holder.empty() && tries < kTriesWithoutName); ++tries) {
    if (tries > 0) std::this_thread::sleep_for(kPause);
    if (take()) return;
    holder = holder_of(path_);
  }
  throw Error(directory.string(), fmt::format("expected a run directory that no other process uses; {} holds it; "
                                              "wait for it, stop it, or choose another directory with --output.",
                                              holder.empty() ? "another process" : holder));
}

bool RunLock::take() {
  found_ = is_there(path_) ? Found::kFile : Found::kNone;
  std::optional<PosixFile> file;
  try {
    file.emplace(open_own(path_, found_ == Found::kFile ? O_RDWR : O_RDWR | O_CREAT | O_EXCL));
  } catch (const Error&) {
    if (is_there(path_) == (found_ == Found::kFile)) throw;
    return false;  // made or removed by another process meanwhile
  }
  if (uninterrupted([&] { return ::flock(file->descriptor(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno == EWOULDBLOCK) return false;
    throw_file_error(path_, "lock the file", errno);
  }
  if (!is_at(*file, path_)) return false;
  text_ = text_of(file->descriptor());
  // The text is for the message of a second process only: the lock itself ends with the process.
  write_text(file->descriptor(), fmt::format("process {} on {}\n", ::getpid(), host_name()), path_);
  descriptor_ = file->release();
  return true;
}

RunLock::RunLock(RunLock&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      found_(other.found_),
      text_(std::move(other.text_)),
      exceptions_(other.exceptions_) {}

RunLock& RunLock::operator=(RunLock&& other) noexcept {
  if (this != &other) {
    release();
    path_ = std::move(other.path_);
    descriptor_ = std::exchange(other.descriptor_, -1);
    found_ = other.found_;
    text_ = std::move(other.text_);
    exceptions_ = other.exceptions_;
  }
  return *this;
}

RunLock::~RunLock() { release(); }

// It is removed while it is still locked, and whoever locks it looks whether it is still there: two processes cannot hold
// two files of one name.
void RunLock::release() noexcept {
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor < 0) return;
  const bool is_refused = std::uncaught_exceptions() > exceptions_;
  if (is_refused && found_ == Found::kFile) {
    try {
      write_text(descriptor, text_, path_);
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the text is for people; the lock ends all the same
    }
  } else {
    discard_file(path_);
  }
  ::close(descriptor);
}

bool is_locked(const std::filesystem::path& directory) {
  const std::filesystem::path path = lock_path(directory);
  const int descriptor = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC); });
  if (descriptor < 0 && errno == EACCES) throw_file_error(path, "open the file", EACCES);
  if (descriptor < 0) return false;
  const int status = uninterrupted([&] { return ::flock(descriptor, LOCK_SH | LOCK_NB); });
  const bool is_held = status != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return is_held;
}

}  // namespace fovea
