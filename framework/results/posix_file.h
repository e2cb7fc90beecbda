#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace fovea {

/// A file descriptor of which every call is checked.
/// Errors    each failed call throws Error with the path, the cause and the remedy.
class PosixFile {
 public:
  /// `flags` as for open(2); O_CLOEXEC is added. A file that is created may be read by everybody.
  PosixFile(std::filesystem::path path, int flags);
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;
  ~PosixFile();

  int descriptor() const { return descriptor_; }
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

/// Opens a regular file for reading. Errors: missing, a directory, a device, no permission.
PosixFile open_regular(const std::filesystem::path& path);

void write_all(int descriptor, std::span<const std::byte> bytes, const std::filesystem::path& path);

/// Renames and makes the renaming durable.
void replace_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// `purpose` continues "expected to": "write the file". `code` is an errno.
[[noreturn]] void throw_file_error(const std::filesystem::path& path, const std::string& purpose, int code);

}  // namespace fovea
