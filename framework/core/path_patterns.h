#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fovea {

/// True where a path fits a pattern: `*` stands for any characters, a slash among them, `?` for one.
bool fits_pattern(std::string_view path, std::string_view pattern);

/// A list of patterns, written with spaces between them: "encoder/* embedding/?".
class PathPatterns {
 public:
  PathPatterns() = default;
  explicit PathPatterns(std::string_view text);

  bool is_empty() const { return patterns_.empty(); }
  bool match(std::string_view path) const;
  /// The patterns that fit none of these paths.
  std::vector<std::string> unmatched(const std::vector<std::string>& paths) const;

 private:
  std::vector<std::string> patterns_;
};

/// Numbers for the paths that fit a pattern, written "encoder/*=0.1 */bias=0": the last one that fits a path counts.
class PathNumbers {
 public:
  PathNumbers() = default;
  /// Errors    `option` with a part that is no PATTERN=NUMBER, or a number that is not within [low, high].
  PathNumbers(std::string_view text, const std::string& option, double low, double high);

  bool is_empty() const { return numbers_.empty(); }
  double at(std::string_view path) const;  // 0 where none fits
  std::vector<std::string> unmatched(const std::vector<std::string>& paths) const;

 private:
  std::vector<std::pair<std::string, double>> numbers_;
};

}  // namespace fovea
