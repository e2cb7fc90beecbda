#include "framework/files/line_source.h"

#include <poll.h>
#include <unistd.h>
#include <array>
#include <cstring>

#include "framework/core/error.h"

namespace fovea {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20U;

}  // namespace

LineSource::LineSource(const std::string& path) : name_(path == "-" ? "standard input" : path) {
  if (path != "-") file_.emplace(open_regular(path));
}

std::optional<std::string> LineSource::next() {
  std::size_t end = buffer_.find('\n', begin_);
  while (end == std::string::npos && !is_at_end_) {
    const std::size_t looked_at = buffer_.size() - begin_;
    if (!fill()) break;
    end = buffer_.find('\n', begin_ + looked_at);
  }
  if (end == std::string::npos && begin_ == buffer_.size()) return std::nullopt;
  std::string line = buffer_.substr(begin_, end == std::string::npos ? end : end - begin_);
  begin_ = end == std::string::npos ? buffer_.size() : end + 1;
  ++line_;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

/// False at the end.
bool LineSource::fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  if (buffer_.size() > kMostBytes) {
    throw Error(name_ + ":" + std::to_string(line_ + 1),
                "lines of at most 64 MiB were expected; this one is longer; is this a file of text?");
  }
  std::array<char, 65536> bytes{};
  const int descriptor = file_ ? file_->descriptor() : STDIN_FILENO;
  const ssize_t count = uninterrupted([&] { return ::read(descriptor, bytes.data(), bytes.size()); });
  if (count < 0) {
    throw Error(name_, std::string("expected to read it; ") + std::strerror(errno) + "; give a file of lines.");
  }
  is_at_end_ = count == 0;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return !is_at_end_;
}

bool LineSource::would_wait() const {
  if (file_ || is_at_end_ || buffer_.find('\n', begin_) != std::string::npos) return false;
  pollfd asked{STDIN_FILENO, POLLIN, 0};
  return ::poll(&asked, 1, 0) == 0;
}

std::string LineSource::place() const { return name_ + ":" + std::to_string(line_); }

}  // namespace fovea
