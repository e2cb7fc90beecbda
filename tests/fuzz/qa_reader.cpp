// Feeds the reader of stories with anything (libFuzzer). Not part of the build; by hand, with clang 14 and the runtime of
// Debian's libclang-rt-14-dev, in the root of the repository:
//
//     clang++-14 -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. \
//       tests/fuzz/qa_reader.cpp tasks/qa/{reader,line_reader,utf8,composed,story}.cpp framework/files/*.cpp \
//       framework/core/{error,text}.cpp -lfmt -lxxhash -o build/fuzz_qa_reader
//     mkdir -p build/fuzz_corpus
//     build/fuzz_qa_reader -max_total_time=600 -max_len=20000 build/fuzz_corpus
//
// Stories to start from, such as files of the released data, are put into build/fuzz_corpus.

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "framework/core/error.h"
#include "tasks/qa/reader.h"

namespace {

using fovea::qa::Skipped;
using fovea::qa::StoryFile;

void demand(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

/// "[input:3:14] ...", on one line.
void check_message(const std::string& message) {
  demand(message.rfind("[input:", 0) == 0, "an error names its file");
  demand(message.find('\n') == std::string::npos, "an error is one line");
  const std::string place = message.substr(7, message.find(']') - 7);
  demand(place.find_first_not_of("0123456789:") == std::string::npos, "an error names line and column");
}

std::optional<StoryFile> read_strictly(std::string_view text) {
  try {
    return fovea::qa::read_stories(text, "input");
  } catch (const fovea::Error& error) {
    check_message(error.what());
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::optional<StoryFile> strict = read_strictly(text);
  Skipped skipped;
  const StoryFile lenient = fovea::qa::read_stories(text, "input", &skipped);
  demand(strict.has_value() == skipped.first.empty() || skipped.marks > 0, "what a strict reader refuses is counted");
  if (!skipped.first.empty()) check_message(skipped.first);
  if (strict) demand(strict->stories == lenient.stories, "both readers read the same");
  std::string written;
  for (const fovea::qa::Story& story : lenient.stories) written += fovea::qa::text_of(story, 1);
  if (written.empty()) return 0;
  const std::optional<StoryFile> again = read_strictly(written);
  demand(again && again->stories == lenient.stories, "what was read is written and read again");
  return 0;
}
