#include "framework/core/text.h"

#include <algorithm>

#include "framework/core/error.h"

namespace fovea {
namespace {

constexpr std::size_t kDeepest = 64;
constexpr std::string_view kBlanks = " \t\r\n";

/// Goes through a text that may hold parentheses and quotes.
class Nesting {
 public:
  explicit Nesting(std::string_view text) : text_(text) {}

  /// Takes the character at `place`; to be called for each in turn.
  void take(std::size_t place) {
    const char c = text_[place];
    if (is_escaped_) {
      is_escaped_ = false;
    } else if (is_quoted_) {
      is_escaped_ = c == '\\';
      is_quoted_ = c != '"';
    } else if (c == '"') {
      is_quoted_ = true;
    } else if (c == '(') {
      if (++depth_ > kDeepest) reject(place, "at most 64 parentheses within each other were expected; one more came");
    } else if (c == ')') {
      if (depth_ == 0) reject(place, "the end was expected; ')' came; check the parentheses");
      --depth_;
    }
  }
  /// No parenthesis and no quote is open.
  bool is_outside() const { return depth_ == 0 && !is_quoted_; }
  void end() const {
    if (is_quoted_) reject(text_.size(), "a closing '\"' was expected; the end came; close the quotes");
    if (depth_ > 0) reject(text_.size(), "')' was expected; the end came; close the parenthesis");
  }

 private:
  [[noreturn]] void reject(std::size_t place, const std::string& fact) const {
    throw Error("at column " + std::to_string(place + 1) + " of " + in_quotes(text_) + ", " + fact + ".");
  }

  std::string_view text_;
  std::size_t depth_ = 0;
  bool is_quoted_ = false;
  bool is_escaped_ = false;
};

std::string escaped(char c) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  if (c == '\r') return "\\r";
  const auto code = static_cast<unsigned char>(c);
  return {'\\', 'x', kDigits[code / 16], kDigits[code % 16]};
}

/// True where a value without quotes reads back as itself.
bool reads_back(std::string_view value) {
  if (trimmed(value) != value || (!value.empty() && value.front() == '"')) return false;
  try {
    return split_outside(value, ',').size() == 1;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::size_t utf8_length(std::string_view text, std::size_t place) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(place);
  if (place < text.size() && first < 0x80) return 1;
  const std::size_t length = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : 4;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(place + i) < 0x80 || byte(place + i) > 0xbf) return 0;
  }
  // Longer forms than needed, halves of UTF-16 pairs, and what lies beyond the last character.
  const unsigned second = byte(place + 1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return length;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text, i), 1);
    const std::string_view character = text.substr(i, length);
    const auto code = static_cast<unsigned char>(text[i]);
    // The controls of ASCII, and those in the second place, U+0080 to U+009F.
    const bool is_control = code < 0x20 || code == 0x7f || (length == 2 && code == 0xc2 && character < "\xc2\xa0");
    if (is_control || utf8_length(text, i) == 0) {
      for (const char c : character) shown += escaped(c);
    } else {
      shown += character;
    }
    i += length;
  }
  return shown;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMost = 200;
  constexpr std::size_t kEnd = 80;
  if (text.size() <= kMost) return "'" + printable(text) + "'";
  const std::string_view begin = text.substr(0, kMost - kEnd);
  return "'" + printable(begin) + " [...] " + printable(text.substr(text.size() - kEnd)) + "'";
}

std::string shell_word(std::string_view text) {
  static constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string option_word(std::string_view value) {
  if (reads_back(value)) return std::string(value);
  std::string word = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') word += '\\';
    word += c;
  }
  return word + "\"";
}

std::string option_value(std::string_view word) {
  if (word.empty() || word.front() != '"') return std::string(word);
  std::string value;
  for (std::size_t i = 1; i < word.size(); ++i) {
    if (word[i] == '"') {
      if (i + 1 == word.size()) return value;
      throw Error("a comma or the end was expected after the closing quote in " + in_quotes(word) + "; more text came; " +
                  "put a backslash before a quote that belongs to the text.");
    }
    if (word[i] == '\\' && i + 1 < word.size()) ++i;
    value += word[i];
  }
  throw Error("a closing '\"' was expected in " + in_quotes(word) + "; the end came; close the quotes.");
}

std::vector<std::string_view> split_outside(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  Nesting nesting(text);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == separator && nesting.is_outside()) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
    nesting.take(i);
  }
  nesting.end();
  parts.push_back(text.substr(begin));
  return parts;
}

std::size_t after_parenthesis(std::string_view text, std::size_t open) {
  const std::string_view rest = text.substr(open);
  Nesting nesting(rest);
  for (std::size_t i = 0; i < rest.size(); ++i) {
    nesting.take(i);
    if (nesting.is_outside()) return open + i + 1;
  }
  nesting.end();
  return text.size();
}

}  // namespace fovea
