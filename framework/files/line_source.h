#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "framework/files/posix_file.h"

namespace fovea {

/// The lines of a file, or of the standard input, as they come; their ends, "\n" or "\r\n", are taken off.
///
/// Errors    a file that is missing or no regular file; a line of more than 64 MiB; a failed read.
class LineSource {
 public:
  /// "-" is the standard input.
  explicit LineSource(const std::string& path);

  /// The next line; nothing at the end.
  std::optional<std::string> next();
  /// True where the next line would have to be waited for: what is known so far should be worked on.
  bool would_wait() const;
  /// "items.txt:12" or "standard input:12": the line that came last.
  std::string place() const;

 private:
  bool fill();

  std::string name_;
  std::optional<PosixFile> file_;  // none: the standard input
  std::string buffer_;
  std::size_t begin_ = 0;  // of what has not been given yet
  std::size_t line_ = 0;
  bool is_at_end_ = false;
};

}  // namespace fovea
