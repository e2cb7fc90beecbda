#include "tasks/qa/reader.h"

#include "framework/core/error.h"
#include "framework/files/input.h"
#include "tasks/qa/line_reader.h"

namespace fovea::qa {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class FileReader {
 public:
  FileReader(std::string_view text, const std::string& name, Skipped* skipped) : text_(text), skipped_(skipped) {
    file_.name = name;
  }

  StoryFile read() {
    if (text_.substr(0, kByteOrderMark.size()) == kByteOrderMark) drop_mark();
    if (text_.empty()) fail(1, "a story was expected; the file is empty; is it the right one?");
    for (std::size_t begin = 0; begin < text_.size();) {
      const std::size_t end = std::min(text_.find('\n', begin), text_.size());
      ++number_;
      next_line(text_.substr(begin, end - begin));
      begin = end + 1;
    }
    end_story();
    return std::move(file_);
  }

 private:
  void drop_mark() {
    if (skipped_ == nullptr) fail(1, "plain UTF-8 was expected; a byte order mark came; save the file without it.");
    ++skipped_->marks;
    text_.remove_prefix(kByteOrderMark.size());
  }

  void fail(Extent line, const std::string& fact) {
    const Error error(file_.name + ":" + std::to_string(line) + ":1", fact);
    if (skipped_ == nullptr) throw error;
    note(error);
  }
  void note(const Error& error) {
    if (skipped_->first.empty()) skipped_->first = error.what();
  }

  void next_line(std::string_view text) {
    if (skipped_ != nullptr && !text.empty() && text.back() == '\r') {
      ++skipped_->marks;
      text.remove_suffix(1);
    }
    if (LineReader::starts_story(text)) end_story();
    if (lines_ == 0) first_line_ = number_;
    ++lines_;
    if (is_malformed_) return;
    try {
      story_.push_back(LineReader(file_.name + ":" + std::to_string(number_), text).read(story_));
    } catch (const Error& error) {
      if (skipped_ == nullptr) throw;
      note(error);
      is_malformed_ = true;
    }
  }

  /// Keeps the story that was read, or counts it.
  void end_story() {
    if (lines_ > 0 && !is_malformed_ && questions_of(story_) == 0) {
      is_malformed_ = true;
      fail(first_line_, "a question was expected in this story; it has only statements; add one, or remove the story.");
    }
    if (is_malformed_) {
      ++skipped_->stories;
      skipped_->lines += lines_;
    } else if (lines_ > 0) {
      file_.stories.push_back(std::move(story_));
      file_.first_lines.push_back(first_line_);
    }
    story_.clear();
    is_malformed_ = false;
    lines_ = 0;
  }

  std::string_view text_;
  Skipped* skipped_;
  StoryFile file_;
  Story story_;  // the one that is being read
  bool is_malformed_ = false;
  Extent lines_ = 0;       // of this story
  Extent first_line_ = 0;  // of this story
  Extent number_ = 0;      // of the line in the file
};

}  // namespace

StoryFile read_stories(std::string_view text, const std::string& name, Skipped* skipped) {
  return FileReader(text, name, skipped).read();
}

StoryFile read_story_file(const std::filesystem::path& file, Skipped* skipped) {
  return read_stories(*read_input(file), file.string(), skipped);
}

std::string text_of(const Skipped& skipped) {
  std::string text;
  if (skipped.stories > 0) {
    text = std::to_string(skipped.stories) + " malformed stories (" + std::to_string(skipped.lines) +
           " lines) were skipped, the first for " + skipped.first;
  }
  if (skipped.marks == 0) return text;
  return text + (text.empty() ? "" : "; ") + std::to_string(skipped.marks) +
         " byte order marks and carriage returns were dropped";
}

std::string place_in(const StoryFile& file, std::size_t story, std::size_t line, std::size_t offset) {
  const std::size_t column = std::to_string(line + 1).size() + 1 + offset + 1;
  return file.name + ":" + std::to_string(file.first_lines[story] + static_cast<Extent>(line)) + ":" +
         std::to_string(column);
}

}  // namespace fovea::qa
