#include "framework/results/posix_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>
#include <utility>

#include "framework/core/error.h"

namespace fovea {
namespace {

const char* remedy(int code) {
  switch (code) {
    case EACCES:
    case EPERM:
    case EROFS: return "change its permissions or choose another directory with --output.";
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return "free some space or raise the limit, or choose another directory with --output.";
    case ENOENT:
    case ENOTDIR: return "check the path, and create its directory first.";
    default: return "check the path and the disk.";
  }
}

void sync_directory(const std::filesystem::path& directory) {
  PosixFile file(directory.empty() ? "." : directory, O_RDONLY | O_DIRECTORY);
  // Some network file systems cannot sync a directory; there the renaming itself is as durable as it gets.
  if (::fsync(file.descriptor()) != 0 && errno != EINVAL && errno != ENOTSUP) {
    throw_file_error(directory, "sync the directory", errno);
  }
  file.close();
}

}  // namespace

void throw_file_error(const std::filesystem::path& path, const std::string& purpose, int code) {
  throw Error(path.string(),
              fmt::format("expected to {}; {}; {}", purpose, std::generic_category().message(code), remedy(code)));
}

PosixFile::PosixFile(std::filesystem::path path, int flags) : path_(std::move(path)) {
  constexpr mode_t kMode = 0666;  // less the umask of the user
  do {
    descriptor_ = ::open(path_.c_str(), flags | O_CLOEXEC, kMode);
  } while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0) throw_file_error(path_, (flags & O_CREAT) != 0 ? "create the file" : "open the file", errno);
}

PosixFile::~PosixFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int PosixFile::release() { return std::exchange(descriptor_, -1); }

void write_all(int descriptor, std::span<const std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_file_error(path, "write the file", errno);
    bytes = bytes.subspan(written);
  }
}

void PosixFile::write(std::span<const std::byte> bytes) { write_all(descriptor_, bytes, path_); }

std::size_t PosixFile::read(std::span<std::byte> bytes) {
  std::size_t total = 0;
  while (total < bytes.size()) {
    const ssize_t got = ::read(descriptor_, bytes.data() + total, bytes.size() - total);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_file_error(path_, "read the file", errno);
    if (got == 0) break;
    total += static_cast<std::size_t>(got);
  }
  return total;
}

void PosixFile::sync() {
  if (::fsync(descriptor_) != 0) throw_file_error(path_, "sync the file to the disk", errno);
}

void PosixFile::close() {
  const int descriptor = release();
  if (descriptor >= 0 && ::close(descriptor) != 0) throw_file_error(path_, "close the file", errno);
}

PosixFile open_regular(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) {
    throw Error(path.string(), "expected a file; it is a directory; give the path of a file in it.");
  }
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw Error(path.string(), "expected a regular file; it is a device, pipe or socket; check the path.");
  }
  return {path, O_RDONLY};
}

void replace_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw_file_error(to, "rename the temporary file to it", errno);
  sync_directory(to.parent_path());
}

}  // namespace fovea
