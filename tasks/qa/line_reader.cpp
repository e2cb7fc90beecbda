#include "tasks/qa/line_reader.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "tasks/qa/composed.h"
#include "tasks/qa/utf8.h"

namespace fovea::qa {
namespace {

std::string byte_text(char byte) {
  static constexpr const char* kDigits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  return std::string("0x") + kDigits[value / 16] + kDigits[value % 16];
}

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

std::string came(std::string_view text) { return text.empty() ? "nothing" : in_quotes(text); }

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShown = 30;
  if (text.size() <= kShown) return "'" + std::string(text) + "'";
  std::size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // not within a letter
  return "'" + std::string(text.substr(0, end)) + "...'";
}

void LineReader::fail(std::size_t offset, const std::string& fact) const {
  throw Error(at_ + ":" + std::to_string(offset + 1), fact);
}

Line LineReader::read(const Story& story) const {
  check_bytes();
  Field rest = after_number(story);
  std::size_t begin = rest.begin;
  const Field first = next_field(begin);
  Line line;
  if (begin > text_.size()) {
    line.text = statement(first);
    return line;
  }
  line.text = question(first);
  if (story.empty())
    fail(first.begin, "a statement was expected before the first question of a story; a question came; add one.");
  line.answer = answer(next_field(begin));
  if (begin > text_.size()) {
    fail(text_.size(),
         "a tab and the numbers of supporting statements were expected after the answer; the line ends; add them.");
  }
  line.support = support(next_field(begin), story);
  if (begin <= text_.size()) {
    fail(begin - 1, "the end of the line was expected after the supporting statements; a tab came; remove what follows.");
  }
  return line;
}

void LineReader::check_bytes() const {
  if (text_.size() > kLongest) {
    fail(kLongest, "a line of at most " + std::to_string(kLongest) + " bytes was expected; this one has " +
                       std::to_string(text_.size()) + "; is this a file of stories?");
  }
  for (std::size_t i = 0; i < text_.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text_[i]);
    if (text_[i] == '\r')
      fail(i, "a line that ends in LF was expected; a carriage return came; convert the file (dos2unix).");
    if ((byte < 0x20 && text_[i] != '\t') || byte == 0x7F) {
      fail(i, "text was expected; the control character " + byte_text(text_[i]) + " came; remove it.");
    }
  }
  const std::size_t invalid = first_invalid_utf8(text_);
  if (invalid != std::string_view::npos) {
    fail(invalid, "valid UTF-8 was expected; the byte " + byte_text(text_[invalid]) + " came; convert the file to UTF-8.");
  }
  const std::size_t decomposed = first_decomposed(text_);
  if (decomposed != std::string_view::npos) {
    fail(decomposed,
         "letters in composed form (NFC) were expected; a letter with a mark of its own (NFD) came, which is another word "
         "than "
         "the same letter in one character; write the file in composed form (uconv -x nfc).");
  }
}

LineReader::Field LineReader::after_number(const Story& story) const {
  const auto end = static_cast<std::size_t>(std::find_if_not(text_.begin(), text_.end(), is_digit) - text_.begin());
  const std::string_view number = text_.substr(0, end);
  if (number.empty()) {
    fail(0, "the number of a line was expected; " + came(text_) + " came; number the lines of a story from 1.");
  }
  const std::string next = std::to_string(story.size() + 1);
  if (number != next) {
    const std::string wanted = story.empty() ? "number 1" : "number " + next + ", or 1 for a new story,";
    fail(0, wanted + " was expected; " + in_quotes(number) + " came; number the lines of a story without gaps.");
  }
  if (end == text_.size() || text_[end] != ' ') {
    fail(end, "a space was expected after the number; " + came(text_.substr(end)) + " came; write 'NUMBER TEXT'.");
  }
  if (end + 1 == text_.size())
    fail(end + 1, "a statement or a question was expected after the number; nothing came; add it.");
  return {text_.substr(end + 1), end + 1};
}

/// The field that starts at `begin`, which moves past the tab after it, or past the end of the line where there is none.
LineReader::Field LineReader::next_field(std::size_t& begin) const {
  const std::size_t end = std::min(text_.find('\t', begin), text_.size());
  const Field field{text_.substr(begin, end - begin), begin};
  begin = end + 1;
  return field;
}

std::string LineReader::statement(const Field& field) const {
  const std::size_t end = field.begin + field.text.size();
  if (field.text.back() == '?') {
    fail(end, "a tab and an answer were expected after a question; the line ends; write 'QUESTION<tab>ANSWER<tab>NUMBERS'.");
  }
  if (field.text.back() != '.') {
    fail(end, "a full stop was expected at the end of a statement; " + came(field.text) + " came; add it.");
  }
  return std::string(field.text);
}

std::string LineReader::question(const Field& field) const {
  std::string_view text = field.text;
  if (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty() || text.back() != '?') {
    fail(field.begin + text.size(), "a question mark was expected before the tab; " + came(field.text) + " came; add it.");
  }
  return std::string(text);
}

std::string LineReader::answer(const Field& field) const {
  const std::string_view text = field.text;
  if (text.empty()) fail(field.begin, "an answer was expected between the tabs; nothing came; add it.");
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char before = i == 0 ? ',' : text[i - 1];
    const char after = i + 1 == text.size() ? ',' : text[i + 1];
    const bool is_empty_part = text[i] == ',' && (before == ',' || i + 1 == text.size());
    const bool is_lone_space = text[i] == ' ' && (before == ',' || before == ' ' || after == ',');
    if (!is_empty_part && !is_lone_space) continue;
    fail(field.begin + i, "words joined by commas were expected as an answer; " + in_quotes(text) + " came; remove the " +
                              (is_empty_part ? "comma." : "space."));
  }
  return std::string(text);
}

std::vector<Extent> LineReader::support(const Field& field, const Story& story) const {
  if (field.text.empty()) {
    fail(field.begin, "the numbers of supporting statements were expected after the answer; nothing came; add them.");
  }
  std::vector<Extent> numbers;
  for (std::size_t begin = 0; begin <= field.text.size();) {
    const std::size_t end = std::min(field.text.find(' ', begin), field.text.size());
    const Field number{field.text.substr(begin, end - begin), field.begin + begin};
    numbers.push_back(supporting(number, story));
    if (std::find(numbers.begin(), numbers.end() - 1, numbers.back()) != numbers.end() - 1) {
      fail(number.begin,
           "different supporting statements were expected; " + in_quotes(number.text) + " came twice; remove one.");
    }
    begin = end + 1;
  }
  return numbers;
}

Extent LineReader::supporting(const Field& field, const Story& story) const {
  Extent number = 0;
  const bool is_short = !field.text.empty() && field.text.size() <= 9 && field.text[0] != '0';
  if (!is_short || !std::all_of(field.text.begin(), field.text.end(), is_digit)) {
    fail(field.begin,
         "the number of a statement was expected; " + came(field.text) + " came; separate numbers by one space.");
  }
  std::from_chars(field.text.data(), field.text.data() + field.text.size(), number);
  const bool is_earlier = number <= static_cast<Extent>(story.size());
  if (!is_earlier || story[number - 1].is_question()) {
    fail(field.begin, "the number of an earlier statement was expected; " + in_quotes(field.text) +
                          (is_earlier ? " is a question" : " is not a line before this one") + "; correct it.");
  }
  return number;
}

}  // namespace fovea::qa
