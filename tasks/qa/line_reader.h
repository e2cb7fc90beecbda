#pragma once

#include <string>
#include <string_view>

#include "framework/core/error.h"
#include "tasks/qa/story.h"

namespace fovea::qa {

/// Reads one line of a file of stories; `at` is its position, as "file:line".
///
/// Errors    anything malformed, with the column in bytes, from 1.
class LineReader {
 public:
  static constexpr std::size_t kLongest = 10000;  // bytes

  LineReader(std::string at, std::string_view text) : at_(std::move(at)), text_(text) {}

  /// Whether the line starts a story: its number is 1.
  static bool starts_story(std::string_view text) { return text.substr(0, 2) == "1 "; }

  /// The next line of a story. `story` holds the lines before.
  Line read(const Story& story) const;

 private:
  struct Field {
    std::string_view text;
    std::size_t begin = 0;  // bytes before it
  };

  [[noreturn]] void fail(std::size_t offset, const std::string& fact) const;
  void check_bytes() const;
  Field after_number(const Story& story) const;
  Field next_field(std::size_t& begin) const;
  std::string statement(const Field& field) const;
  std::string question(const Field& field) const;
  std::string answer(const Field& field) const;
  std::vector<Extent> support(const Field& field, const Story& story) const;
  Extent supporting(const Field& field, const Story& story) const;

  std::string at_;
  std::string_view text_;
};

/// What came, in quotes and not too long, for an error.
std::string in_quotes(std::string_view text);

}  // namespace fovea::qa
