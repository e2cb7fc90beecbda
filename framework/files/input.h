#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace fovea {

/// A file that a task has read: part of what a run is, as its results depend on it.
struct InputFile {
  std::string name;                // the path as it was given
  std::filesystem::path absolute;  // where it was found
  std::string hash;                // XXH3-128 of its content

  bool operator==(const InputFile& other) const { return name == other.name && hash == other.hash; }
};

/// The content of a regular file, read once however many tasks hold it. Tasks read their files here, within `check`, so
/// that a run knows its inputs before the first step.
/// Errors    a path that is missing, unreadable, no regular file, empty, or larger than 16 GiB.
std::shared_ptr<const std::string> read_input(const std::filesystem::path& path);

/// Collects the inputs that this thread reads, or takes from a cache, while it exists.
class InputLog {
 public:
  InputLog();
  ~InputLog();
  InputLog(const InputLog&) = delete;
  InputLog& operator=(const InputLog&) = delete;

  /// For what keeps more than the bytes of its inputs: says that they are in use again.
  static void note(const InputFile& file);
  /// Each file once, in the order of their names.
  std::vector<InputFile> files() const;

 private:
  std::vector<InputFile> files_;
  InputLog* outer_ = nullptr;
};

}  // namespace fovea
