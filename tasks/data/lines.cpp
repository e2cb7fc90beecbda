#include "tasks/data/lines.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "framework/core/options.h"
#include "framework/core/text.h"
#include "framework/files/input.h"
#include "tasks/qa/composed.h"
#include "tasks/qa/utf8.h"

namespace fovea::data {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kLongest = std::size_t{1} << 20U;  // bytes of a line
constexpr std::size_t kShown = 40;                       // bytes of what came, in a message

bool is_control(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return (byte < 0x20 && letter != '\t') || byte == 0x7F;
}

/// The lines of a file, one after the other.
class FileReader {
 public:
  FileReader(std::string_view text, std::string path, Skipped* skipped)
      : text_(text), path_(std::move(path)), skipped_(skipped) {}

  void read(const TakeLine& take) {
    if (text_.substr(0, kByteOrderMark.size()) == kByteOrderMark) drop_mark();
    for (std::size_t begin = 0; begin < text_.size();) {
      const std::size_t end = std::min(text_.find('\n', begin), text_.size());
      ++number_;
      next(text_.substr(begin, end - begin), take);
      begin = end + 1;
    }
  }

 private:
  void drop_mark() {
    if (skipped_ == nullptr) {
      throw Error(path_ + ":1:1",
                  "plain UTF-8 was expected; a byte order mark came; save the file without it, or set lenient=true.");
    }
    ++skipped_->marks;
    text_.remove_prefix(kByteOrderMark.size());
  }

  void next(std::string_view line, const TakeLine& take) {
    if (skipped_ != nullptr && !line.empty() && line.back() == '\r') {
      ++skipped_->marks;
      line.remove_suffix(1);
    }
    try {
      check_line(line);
      take(line, number_);
    } catch (const LineError& error) {
      const Error placed(path_ + ":" + std::to_string(number_) + ":" + std::to_string(error.offset() + 1), error.fact());
      if (skipped_ == nullptr) throw placed;
      ++skipped_->lines;
      if (skipped_->first.empty()) skipped_->first = placed.what();
    }
  }

  std::string_view text_;
  std::string path_;
  Skipped* skipped_;
  Extent number_ = 0;
};

}  // namespace

std::string came(std::string_view text) {
  if (text.empty()) return "nothing";
  if (text.size() <= kShown) return in_quotes(text);
  std::size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // not within a letter
  return in_quotes(std::string(text.substr(0, end)) + "...");
}

std::vector<Field> fields_of(std::string_view line, char separator) {
  std::vector<Field> fields;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(separator, begin), line.size());
    fields.push_back({line.substr(begin, end - begin), begin});
    begin = end + 1;
  }
  return fields;
}

std::vector<Field> words_of(std::string_view line, std::size_t begin) {
  std::vector<Field> words;
  const auto is_blank = [](char letter) { return letter == ' ' || letter == '\t'; };
  for (std::size_t at = begin; at < line.size();) {
    std::size_t end = at;
    while (end < line.size() && !is_blank(line[end])) ++end;
    if (end > at) words.push_back({line.substr(at, end - at), at});
    at = end + 1;
  }
  return words;
}

double real_of(const Field& field, const std::string& what) {
  double value = 0;
  const char* last = field.text.data() + field.text.size();
  const char* first = field.text.data() + (field.text.substr(0, 1) == "+" ? 1 : 0);
  const auto [end, error] = std::from_chars(first, last, value);
  if (error == std::errc() && end == last && std::isfinite(static_cast<Real>(value))) return value;
  throw LineError(field.begin, what + " was expected; " + came(field.text) +
                                   " came; write a finite number with a decimal point, such as 0.25 or -3e2.");
}

Extent whole_of(const Field& field, const std::string& what, Extent low, Extent high) {
  Extent value = 0;
  const char* last = field.text.data() + field.text.size();
  const auto [end, error] = std::from_chars(field.text.data(), last, value);
  if (error == std::errc() && end == last && value >= low && value <= high) return value;
  throw LineError(field.begin, what + " was expected, a whole number in [" + std::to_string(low) + ", " +
                                   std::to_string(high) + "]; " + came(field.text) + " came; correct it.");
}

void check_line(std::string_view line) {
  if (line.empty()) throw LineError(0, "an item was expected; the line is empty; remove it.");
  if (line.size() > kLongest) {
    throw LineError(kLongest, "a line of at most " + std::to_string(kLongest) + " bytes was expected; this one has " +
                                  std::to_string(line.size()) + "; is this the right file?");
  }
  const auto control = static_cast<std::size_t>(std::find_if(line.begin(), line.end(), is_control) - line.begin());
  if (control < line.size() && line[control] == '\r') {
    throw LineError(control,
                    "a line that ends in LF was expected; a carriage return came; convert the file (dos2unix), or "
                    "set lenient=true.");
  }
  if (control < line.size()) {
    throw LineError(control,
                    "text was expected; the control character " + in_quotes(line.substr(control, 1)) + " came; remove it.");
  }
  const std::size_t invalid = qa::first_invalid_utf8(line);
  if (invalid != std::string_view::npos) {
    throw LineError(invalid, "valid UTF-8 was expected; the byte " + in_quotes(line.substr(invalid, 1)) +
                                 " came; convert the file to UTF-8 (iconv -t UTF-8).");
  }
  const std::size_t decomposed = qa::first_decomposed(line);
  if (decomposed != std::string_view::npos) {
    throw LineError(decomposed,
                    "letters in composed form (NFC) were expected; a letter with a mark of its own (NFD) came, which is "
                    "another word than the same letter in one character; write the file in composed form (uconv -x nfc).");
  }
}

std::string text_of(const Skipped& skipped) {
  std::string text;
  if (skipped.lines > 0) {
    text = std::to_string(skipped.lines) + (skipped.lines == 1 ? " malformed line was" : " malformed lines were") +
           " skipped, the first for " + skipped.first;
  }
  if (skipped.marks == 0) return text;
  return text + (text.empty() ? "" : "; ") + std::to_string(skipped.marks) +
         " byte order marks and carriage returns were dropped";
}

void read_lines(const std::string& path, Skipped* skipped, const TakeLine& take) {
  const std::shared_ptr<const std::string> content = read_input(path);
  FileReader(*content, path, skipped).read(take);
}

std::unique_ptr<ItemReader> item_lines(std::function<void(std::string_view line, Batch& batch)> read) {
  return line_reader([read = std::move(read)](std::string_view line, Batch& batch) {
    try {
      check_line(line);
      read(line, batch);
    } catch (const LineError& error) {
      throw Error("at column " + std::to_string(error.offset() + 1) + ", " + error.fact());
    }
  });
}

}  // namespace fovea::data
