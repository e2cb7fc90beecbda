#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/qa/story.h"

namespace fovea::qa {

/// The stories of a file, and where they are in it.
struct StoryFile {
  std::string name;
  std::vector<Story> stories;
  std::vector<Extent> first_lines;  // of each story, from 1
};

/// What a lenient reader skipped.
struct Skipped {
  Extent stories = 0;  // with something malformed in them
  Extent lines = 0;    // of these stories
  Extent marks = 0;    // a byte order mark and carriage returns, which were dropped
  std::string first;   // what was wrong first; empty: nothing was
};

/// "2 malformed stories (9 lines) were skipped, the first for ..."; empty: nothing was.
std::string text_of(const Skipped& skipped);

/// Reads stories in the format of the released bAbI files, in any language that is written in UTF-8:
///
///     1 Mary moved to the bathroom.
///     2 Where is Mary? <tab>bathroom<tab>1
///
/// Strict where `skipped` is null: anything malformed is an Error with file, line and column (in bytes). Otherwise a story
/// with anything malformed in it is skipped and counted.
StoryFile read_stories(std::string_view text, const std::string& name, Skipped* skipped = nullptr);
/// Errors    also those of read_input.
StoryFile read_story_file(const std::filesystem::path& file, Skipped* skipped = nullptr);

/// "[qa1_train.txt:3:14]" without the brackets, of a byte of the text of a line of a story.
std::string place_in(const StoryFile& file, std::size_t story, std::size_t line, std::size_t offset);

}  // namespace fovea::qa
