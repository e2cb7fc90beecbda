#include "tasks/qa/reader.h"

#include <doctest/doctest.h>

#include <fstream>

#include "framework/core/error.h"
#include "tasks/qa/composed.h"
#include "tasks/qa/line_reader.h"
#include "tasks/qa/utf8.h"
#include "tests/support/qa_data.h"

namespace fovea::qa {
namespace {

const std::string kStory =
    "1 Mary moved to the bathroom.\n"
    "2 John went to the hallway.\n"
    "3 Where is Mary? \tbathroom\t1\n";

std::string error_of(const std::string& text) {
  try {
    read_stories(text, "file");
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

/// The story with one thing replaced.
std::string with(const std::string& what, const std::string& by) {
  std::string text = kStory;
  return text.replace(text.find(what), what.size(), by);
}

}  // namespace

TEST_CASE("a story is read as it is written") {
  const StoryFile file = read_stories(kStory + kStory, "file");
  REQUIRE(file.stories.size() == 2);
  CHECK(file.first_lines == std::vector<Extent>{1, 4});
  const Story& story = file.stories[1];
  REQUIRE(story.size() == 3);
  CHECK(story[0] == Line{"Mary moved to the bathroom.", "", {}});
  CHECK(story[2] == Line{"Where is Mary?", "bathroom", {1}});
  CHECK(questions_of(file.stories) == 2);
  CHECK(text_of(story, 1) == kStory);
  CHECK(text_of(story, 15) == with("? \t", "?\t"));
  CHECK(place_in(file, 1, 2, 9) == "file:6:12");
}

TEST_CASE("answers of several words, several supporting statements in any order, and no last line feed are fine") {
  const StoryFile file = read_stories(
      "1 Sita gusalkhaney mein gayi.\n2 Priya bhedia hai ?.\n3 Kahan?\trasoi ghar,apple\t2 1\n4 Ek.\n5 "
      "\xE0\xA4\x95?\tn,w\t4",
      "file");
  REQUIRE(file.stories.size() == 1);
  CHECK(file.stories[0][2] == Line{"Kahan?", "rasoi ghar,apple", {2, 1}});
  CHECK(file.stories[0][4].support == std::vector<Extent>{4});
}

TEST_CASE("everything malformed has its own error, with its place") {
  const std::pair<std::string, std::string> cases[] = {
      {"", "[file:1:1] a story was expected; the file is empty; is it the right one?"},
      {"\xEF\xBB\xBF" + kStory, "[file:1:1] plain UTF-8 was expected; a byte order mark came; save the file without it."},
      {with("bathroom.\n", "bathroom.\r\n"),
       "[file:1:30] a line that ends in LF was expected; a carriage return came; convert the file (dos2unix)."},
      {with("John", std::string("Jo\0n", 4)), "[file:2:5] text was expected; the control character 0x00 came; remove it."},
      {with("John", "Jo\xC3n"), "[file:2:5] valid UTF-8 was expected; the byte 0xc3 came; convert the file to UTF-8."},
      {with("John", std::string(20000, 'J')),
       "[file:2:10001] a line of at most 10000 bytes was expected; this one has 20023; is this a file of stories?"},
      {with("2 John", "\n3 John"),
       "[file:2:1] the number of a line was expected; nothing came; number the lines of a story from 1."},
      {with("2 John", "John"),
       "[file:2:1] the number of a line was expected; 'John went to the hallway.' came; number the lines of a story from "
       "1."},
      {with("1 Mary", "2 Mary"), "[file:1:1] number 1 was expected; '2' came; number the lines of a story without gaps."},
      {with("3 Where", "4 Where"),
       "[file:3:1] number 3, or 1 for a new story, was expected; '4' came; number the lines of a story without gaps."},
      {with("2 John", "02 John"),
       "[file:2:1] number 2, or 1 for a new story, was expected; '02' came; number the lines of a story without gaps."},
      {with("2 John", "2John"),
       "[file:2:2] a space was expected after the number; 'John went to the hallway.' came; write 'NUMBER TEXT'."},
      {with("2 John went to the hallway.", "2 "),
       "[file:2:3] a statement or a question was expected after the number; nothing came; add it."},
      {with("hallway.", "hallway"),
       "[file:2:27] a full stop was expected at the end of a statement; 'John went to the hallway' came; add it."},
      {with(" \tbathroom\t1", ""),
       "[file:3:17] a tab and an answer were expected after a question; the line ends; write "
       "'QUESTION<tab>ANSWER<tab>NUMBERS'."},
      {with("Mary? ", "Mary "), "[file:3:16] a question mark was expected before the tab; 'Where is Mary ' came; add it."},
      {with("bathroom\t1", "bathroom"),
       "[file:3:27] a tab and the numbers of supporting statements were expected after the answer; the line ends; add "
       "them."},
      {with("\tbathroom\t", "\t\t"), "[file:3:19] an answer was expected between the tabs; nothing came; add it."},
      {with("\tbathroom\t", "\tapple,\t"),
       "[file:3:24] words joined by commas were expected as an answer; 'apple,' came; remove the comma."},
      {with("\tbathroom\t", "\t bathroom\t"),
       "[file:3:19] words joined by commas were expected as an answer; ' bathroom' came; remove the space."},
      {with("\t1\n", "\t\n"),
       "[file:3:28] the numbers of supporting statements were expected after the answer; nothing came; add them."},
      {with("\t1\n", "\t1 2x\n"),
       "[file:3:30] the number of a statement was expected; '2x' came; separate numbers by one space."},
      {with("\t1\n", "\t1  2\n"),
       "[file:3:30] the number of a statement was expected; nothing came; separate numbers by one space."},
      {with("\t1\n", "\t3\n"),
       "[file:3:28] the number of an earlier statement was expected; '3' is not a line before this one; correct it."},
      {with("\t1\n", "\t99999999999999999999\n"),
       "[file:3:28] the number of a statement was expected; '99999999999999999999' came; separate numbers by one space."},
      {kStory + "4 Where is John? \thallway\t3\n",
       "[file:4:27] the number of an earlier statement was expected; '3' is a question; correct it."},
      {with("\t1\n", "\t1 1\n"), "[file:3:30] different supporting statements were expected; '1' came twice; remove one."},
      {with("\t1\n", "\t1\t\n"),
       "[file:3:29] the end of the line was expected after the supporting statements; a tab came; remove what follows."},
      {"1 Where is Mary?\tbathroom\t1\n",
       "[file:1:3] a statement was expected before the first question of a story; a question came; add one."},
      {kStory + "1 Mary moved to the bathroom.\n" + kStory,
       "[file:4:1] a question was expected in this story; it has only statements; add one, or remove the story."},
  };
  for (const auto& [text, message] : cases) CHECK(error_of(text) == message);
}

TEST_CASE("a lenient reader skips stories with something malformed in them, and counts them") {
  Skipped skipped;
  const std::string text = "\xEF\xBB\xBF" + kStory + with("hallway.\n", "hallway.\r\n") + with("John", "Jo\xC3n") + kStory;
  const StoryFile file = read_stories(text, "file", &skipped);
  CHECK(file.stories.size() == 3);
  CHECK(file.first_lines == std::vector<Extent>{1, 4, 10});
  CHECK(skipped.stories == 1);
  CHECK(skipped.lines == 3);
  CHECK(skipped.marks == 2);
  CHECK(skipped.first == "[file:8:5] valid UTF-8 was expected; the byte 0xc3 came; convert the file to UTF-8.");
  Skipped nothing;
  CHECK(read_stories("", "file", &nothing).stories.empty());
  CHECK(nothing.first == "[file:1:1] a story was expected; the file is empty; is it the right one?");
}

TEST_CASE("what an error quotes is cut between letters") {
  CHECK(in_quotes(std::string(29, 'a') + "\xC3\xA9" + "b") == "'" + std::string(29, 'a') + "...'");
  CHECK(in_quotes("short") == "'short'");
}

TEST_CASE("UTF-8 is valid in its shortest forms only") {
  for (const char* valid : {"", "a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(first_invalid_utf8(valid) == std::string_view::npos);
  }
  for (const char* invalid : {"a\x80", "a\xC1\xBF", "a\xE0\x9F\xBF", "a\xED\xA0\x80", "a\xF0\x8F\xBF\xBF",
                              "a\xF4\x90\x80\x80", "a\xFF", "a\xE2\x82", "a\xC3(", "a\xF5\x80\x80\x80"}) {
    CHECK(first_invalid_utf8(invalid) == 1);
  }
}

TEST_CASE("a letter and a mark are decomposed where Unicode has one character for both") {
  CHECK(first_decomposed("cafe\xCC\x81") == 3);
  CHECK(first_decomposed("\xD0\xB8\xCC\x86") == 0);           // Cyrillic: short i
  CHECK(first_decomposed("\xE1\x84\x92\xE1\x85\xA1") == 0);   // Korean: a syllable in two halves
  CHECK(first_decomposed("a\xE3\x81\x8B\xE3\x82\x99") == 1);  // Japanese: a voiced ka
  CHECK(first_decomposed("u\xCC\x88\xCC\x84") == 0);          // two marks
  for (const char* composed : {"", "cafe", "caf\xC3\xA9", "\xCC\x81", "x\xCC\x81", "\xE1\xBA\xB9\xCC\x81", "e\xFF"}) {
    CHECK(first_decomposed(composed) == std::string_view::npos);
  }
}

TEST_CASE("a file that cannot be read is an error that names it") {
  CHECK_THROWS_WITH_AS(read_story_file("/nowhere/qa1.txt"),
                       doctest::Contains("[/nowhere/qa1.txt] expected to open the file"), Error);
  CHECK_THROWS_WITH_AS(read_story_file("/"), doctest::Contains("it is a directory"), Error);
  CHECK_THROWS_WITH_AS(read_story_file("/dev/null"), doctest::Contains("expected a regular file"), Error);
}

TEST_CASE("every released file is read strictly, and written again byte for byte in English") {
  const auto root = test::released_stories();
  if (!root) return;
  for (const std::string folder : {"en", "hn", "shuffled"}) {
    for (int task = 1; task <= 20; ++task) {
      const auto path = test::released_file(*root, folder, task, "_train.txt");
      CAPTURE(path.string());
      const StoryFile file = read_story_file(path);
      CHECK(questions_of(file.stories) == 1000);
      if (folder != "en") continue;
      std::string text;
      for (const Story& story : file.stories) text += text_of(story, task);
      std::ifstream stream(path, std::ios::binary);
      CHECK(text == std::string(std::istreambuf_iterator<char>(stream), {}));
    }
  }
}

}  // namespace fovea::qa
