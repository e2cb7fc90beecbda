#include "framework/files/posix_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <system_error>
#include <utility>

#include "framework/core/error.h"

namespace fovea {
namespace {

constexpr const char* kDirectory = "a directory";
constexpr mode_t kFileMode = 0666;  // less the umask of the user
constexpr mode_t kDirectoryMode = 0777;

std::string remedy(const std::string& purpose, int code) {
  const bool is_read = purpose.starts_with("open") || purpose.starts_with("read");
  switch (code) {
    case EACCES:
    case EPERM:
    case EROFS:
      return is_read ? "change its permissions." : "change its permissions or choose another directory with --output.";
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return "free some space or raise the limit, or choose another directory with --output.";
    case ENOENT:
    case ENOTDIR: return is_read ? "check the path." : "check the path, and create its directory first.";
    case ELOOP: return "check the link: it leads to itself.";
    case ENAMETOOLONG: return "give a shorter path.";
    case EMFILE:
    case ENFILE: return "raise the limit of open files (ulimit -n).";
    default: return "check the path and the disk.";
  }
}

/// "" for a regular file.
std::string other_kind(mode_t mode) {
  if (S_ISREG(mode)) return "";
  if (S_ISDIR(mode)) return kDirectory;
  if (S_ISLNK(mode)) return "a link";
  return "a device, pipe or socket";
}

/// What is at the path itself, a link not followed; "" for a regular file, or for nothing.
std::string kind_at(const std::filesystem::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? other_kind(status.st_mode) : "";
}

std::string kind_of(const PosixFile& file) {
  struct stat status {};
  return ::fstat(file.descriptor(), &status) == 0 ? other_kind(status.st_mode) : "";
}

void sync_directory(const std::filesystem::path& directory) {
  PosixFile file(directory.empty() ? "." : directory, O_RDONLY | O_DIRECTORY);
  // Some network file systems cannot sync a directory; there the renaming itself is as durable as it gets.
  const int status = uninterrupted([&] { return ::fsync(file.descriptor()); });
  if (status != 0 && errno != EINVAL && errno != ENOTSUP) throw_file_error(directory, "sync the directory", errno);
  file.close();
}

}  // namespace

void throw_file_error(const std::filesystem::path& path, const std::string& purpose, int code) {
  throw Error(path.string(),
              fmt::format("expected to {}; {}; {}", purpose, std::generic_category().message(code), remedy(purpose, code)));
}

PosixFile::PosixFile(std::filesystem::path path, int flags) : path_(std::move(path)) {
  descriptor_ = uninterrupted([&] { return ::open(path_.c_str(), flags | O_CLOEXEC, kFileMode); });
  if (descriptor_ < 0) throw_file_error(path_, (flags & O_CREAT) != 0 ? "create the file" : "open the file", errno);
}

PosixFile::PosixFile(PosixFile&& other) noexcept : path_(std::move(other.path_)), descriptor_(other.release()) {}

PosixFile::~PosixFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::uintmax_t PosixFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) throw_file_error(path_, "read the size of the file", errno);
  return static_cast<std::uintmax_t>(status.st_size);
}

int PosixFile::release() { return std::exchange(descriptor_, -1); }

void write_all(int descriptor, std::span<const std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = uninterrupted([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
    if (written <= 0) throw_file_error(path, "write the file", written < 0 ? errno : EIO);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void PosixFile::write(std::span<const std::byte> bytes) { write_all(descriptor_, bytes, path_); }

std::size_t PosixFile::read(std::span<std::byte> bytes) {
  std::size_t total = 0;
  while (total < bytes.size()) {
    const ssize_t got = uninterrupted([&] { return ::read(descriptor_, bytes.data() + total, bytes.size() - total); });
    if (got < 0) throw_file_error(path_, "read the file", errno);
    if (got == 0) break;
    total += static_cast<std::size_t>(got);
  }
  return total;
}

void sync_file(int descriptor, const std::filesystem::path& path) {
  if (uninterrupted([&] { return ::fsync(descriptor); }) != 0) throw_file_error(path, "sync the file to the disk", errno);
}

void cut_file(int descriptor, std::uintmax_t size, const std::filesystem::path& path) {
  const int status = uninterrupted([&] { return ::ftruncate(descriptor, static_cast<off_t>(size)); });
  if (status != 0) throw_file_error(path, "shorten the file", errno);
}

void PosixFile::sync() { sync_file(descriptor_, path_); }

void PosixFile::close() {
  const int descriptor = release();
  // An interrupted close has closed the file all the same; to repeat it could close another one.
  if (descriptor >= 0 && ::close(descriptor) != 0 && errno != EINTR) throw_file_error(path_, "close the file", errno);
}

PosixFile open_regular(const std::filesystem::path& path) {
  const auto expect_file = [&](const std::string& kind) {
    if (kind.empty()) return;
    throw Error(path.string(), kind == kDirectory ? "expected a file; it is a directory; give the path of a file in it."
                                                  : "expected a regular file; it is " + kind + "; check the path.");
  };
  // Before it is opened, because to open a device may start something; and after, when it can no longer be exchanged.
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) expect_file(other_kind(status.st_mode));
  PosixFile file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  expect_file(kind_of(file));
  return file;
}

PosixFile open_own(const std::filesystem::path& path, int flags) {
  const auto expect_file = [&](const std::string& kind) {
    if (kind.empty()) return;
    throw Error(path.string(), "expected a regular file, as this program writes it; it is " + kind +
                                   "; remove it, or choose another directory with --output.");
  };
  expect_file(kind_at(path));
  PosixFile file(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  expect_file(kind_of(file));
  return file;
}

PosixFile create_anew(const std::filesystem::path& path) {
  remove_file(path);
  return {path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW};
}

void expect_replaceable(const std::filesystem::path& path) {
  const std::string kind = kind_at(path);
  if (kind.empty()) return;
  throw Error(path.string(),
              "expected a regular file, or none, at this path; it is " + kind + "; remove it, or choose another path.");
}

void replace_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  expect_replaceable(to);
  if (uninterrupted([&] { return ::rename(from.c_str(), to.c_str()); }) != 0) {
    throw_file_error(to, "rename the temporary file to it", errno);
  }
  sync_directory(to.parent_path());
}

void remove_file(const std::filesystem::path& path) {
  if (uninterrupted([&] { return ::unlink(path.c_str()); }) == 0 || errno == ENOENT || errno == ENOTDIR) return;
  throw_file_error(path, "remove the file", errno);
}

void discard_file(const std::filesystem::path& path) noexcept {
  [[maybe_unused]] const int status = uninterrupted([&] { return ::unlink(path.c_str()); });
}

void make_directories(const std::filesystem::path& directory) {
  std::filesystem::path made;
  for (const std::filesystem::path& part : directory) {
    made /= part;
    struct stat status {};
    if (::stat(made.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) continue;
    if (uninterrupted([&] { return ::mkdir(made.c_str(), kDirectoryMode); }) == 0) continue;
    const int code = errno;
    if (code == EEXIST && ::stat(made.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) continue;  // made by another
    throw_file_error(directory, "make the directory", code == EEXIST ? ENOTDIR : code);
  }
}

}  // namespace fovea
