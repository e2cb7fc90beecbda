#pragma once

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace fovea {

/// Repeats a system call that a signal has interrupted, a hundred times at most: one that never succeeds is an error.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  for (int left = 100; left > 0 && result < 0 && errno == EINTR; --left) result = call();
  return result;
}

/// A file descriptor of which every call is checked.
/// Errors    each failed call throws Error with the path, the cause and the remedy.
class PosixFile {
 public:
  /// `flags` as for open(2); O_CLOEXEC is added. A file that is created may be read by everybody.
  PosixFile(std::filesystem::path path, int flags);
  PosixFile(PosixFile&& other) noexcept;
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;
  ~PosixFile();

  int descriptor() const { return descriptor_; }
  std::uintmax_t size() const;
  /// Gives the descriptor away, for an owner of another type.
  int release();

  void write(std::span<const std::byte> bytes);
  /// Fewer bytes than asked only at the end of the file.
  std::size_t read(std::span<std::byte> bytes);
  void sync();
  void close();

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Opens a regular file for reading; never waits, as for the other end of a pipe.
/// Errors: missing, a directory, a device, a pipe, a link to itself, no permission.
PosixFile open_regular(const std::filesystem::path& path);

/// Opens, or with O_CREAT creates, a file that this program keeps: a link at its name is not followed.
/// Errors: a link, a directory, a device, a pipe.
PosixFile open_own(const std::filesystem::path& path, int flags);

/// Creates a file and opens it for writing. What stands at its name is removed first; of a link, the link itself.
PosixFile create_anew(const std::filesystem::path& path);

/// Refuses to put a file in the place of a link, a directory, a device or a pipe.
void expect_replaceable(const std::filesystem::path& path);

void write_all(int descriptor, std::span<const std::byte> bytes, const std::filesystem::path& path);

/// Makes the content of an open file, or its new size, durable.
void sync_file(int descriptor, const std::filesystem::path& path);
void cut_file(int descriptor, std::uintmax_t size, const std::filesystem::path& path);

/// Renames and makes the renaming durable.
void replace_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Removes a file or a link, if there is one. The second form keeps silent where it cannot.
void remove_file(const std::filesystem::path& path);
void discard_file(const std::filesystem::path& path) noexcept;

/// Makes a directory and those above it, as far as they are missing.
void make_directories(const std::filesystem::path& directory);

/// `purpose` continues "expected to": "write the file". `code` is an errno.
[[noreturn]] void throw_file_error(const std::filesystem::path& path, const std::string& purpose, int code);

}  // namespace fovea
