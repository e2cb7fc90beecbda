#include "framework/files/input.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <mutex>
#include <span>
#include <utility>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/files/posix_file.h"

namespace fovea {
namespace {

thread_local InputLog* current_log = nullptr;

constexpr std::uintmax_t kMostBytes = std::uintmax_t{1} << 34U;

struct Content {
  std::string bytes;
  InputFile file;
};

std::shared_ptr<const Content> read(const std::filesystem::path& path) {
  PosixFile file = open_regular(path);
  const std::uintmax_t size = file.size();
  if (size == 0) throw Error(path.string(), "a file with content was expected; it is empty; give another file.");
  if (size > kMostBytes) {
    throw Error(path.string(),
                fmt::format("a file of at most {} bytes was expected; it has {}; give a part of it.", kMostBytes, size));
  }
  auto content = std::make_shared<Content>();
  content->bytes.resize(size);
  const std::span<std::byte> bytes = std::as_writable_bytes(std::span(content->bytes));
  content->bytes.resize(file.read(bytes));
  std::error_code failure;
  std::filesystem::path absolute = std::filesystem::weakly_canonical(path, failure);
  if (failure) absolute = path;
  content->file = {path.string(), std::move(absolute), hash_of(std::as_bytes(std::span(content->bytes)))};
  return content;
}

}  // namespace

std::shared_ptr<const std::string> read_input(const std::filesystem::path& path) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const Content>> in_use;
  const std::scoped_lock lock(mutex);
  std::weak_ptr<const Content>& known = in_use[path.string()];
  std::shared_ptr<const Content> content = known.lock();
  if (!content) known = content = read(path);
  InputLog::note(content->file);
  return {content, &content->bytes};
}

InputLog::InputLog() : outer_(current_log) { current_log = this; }

InputLog::~InputLog() { current_log = outer_; }

void InputLog::note(const InputFile& file) {
  for (InputLog* log = current_log; log != nullptr; log = log->outer_) {
    if (std::find(log->files_.begin(), log->files_.end(), file) == log->files_.end()) log->files_.push_back(file);
  }
}

std::vector<InputFile> InputLog::files() const {
  std::vector<InputFile> sorted = files_;
  std::sort(sorted.begin(), sorted.end(), [](const InputFile& a, const InputFile& b) { return a.name < b.name; });
  return sorted;
}

}  // namespace fovea
