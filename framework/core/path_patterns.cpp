#include "framework/core/path_patterns.h"

#include <algorithm>
#include <charconv>

#include "framework/core/error.h"
#include "framework/core/options.h"
#include "framework/core/text.h"

namespace fovea {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!(text = trimmed(text)).empty()) {
    const std::size_t end = std::min(text.find_first_of(" \t\n"), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

}  // namespace

bool fits_pattern(std::string_view path, std::string_view pattern) {
  std::size_t star = std::string_view::npos;  // the last one met, and what it stands for so far
  std::size_t covered = 0;
  std::size_t at = 0;
  std::size_t wanted = 0;
  while (at < path.size()) {
    if (wanted < pattern.size() && pattern[wanted] == '*') {
      star = wanted++;
      covered = at;
    } else if (wanted < pattern.size() && (pattern[wanted] == '?' || pattern[wanted] == path[at])) {
      ++wanted;
      ++at;
    } else if (star != std::string_view::npos) {
      wanted = star + 1;
      at = ++covered;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', wanted) == std::string_view::npos;
}

PathPatterns::PathPatterns(std::string_view text) : patterns_(words_of(text)) {}

bool PathPatterns::match(std::string_view path) const {
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const std::string& pattern) { return fits_pattern(path, pattern); });
}

std::vector<std::string> PathPatterns::unmatched(const std::vector<std::string>& paths) const {
  std::vector<std::string> left;
  for (const std::string& pattern : patterns_) {
    const auto fits = [&](const std::string& path) { return fits_pattern(path, pattern); };
    if (std::none_of(paths.begin(), paths.end(), fits)) left.push_back(pattern);
  }
  return left;
}

PathNumbers::PathNumbers(std::string_view text, const std::string& option, double low, double high) {
  for (const std::string& word : words_of(text)) {
    const std::size_t equals = word.rfind('=');
    double number = 0;
    const char* const end = word.data() + word.size();
    const bool has_parts = equals != std::string::npos && equals > 0;
    const auto read = has_parts ? std::from_chars(word.data() + equals + 1, end, number) : std::from_chars_result{};
    if (!has_parts || read.ec != std::errc() || read.ptr != end || !(number >= low && number <= high)) {
      throw Error(option, "PATTERN=NUMBER with a number from " + number_text(low) + " to " + number_text(high) +
                              " was expected, several by spaces; " + in_quotes(word) +
                              " came; write such as \"encoder/*=0.1\".");
    }
    numbers_.emplace_back(word.substr(0, equals), number);
  }
}

double PathNumbers::at(std::string_view path) const {
  const auto found =
      std::find_if(numbers_.rbegin(), numbers_.rend(), [&](const auto& pair) { return fits_pattern(path, pair.first); });
  return found == numbers_.rend() ? 0 : found->second;
}

std::vector<std::string> PathNumbers::unmatched(const std::vector<std::string>& paths) const {
  std::string patterns;
  for (const auto& [pattern, number] : numbers_) patterns += pattern + " ";
  return PathPatterns(patterns).unmatched(paths);
}

}  // namespace fovea
