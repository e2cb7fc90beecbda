// Stories as users write them, with numbers or without.
#include <doctest/doctest.h>

#include <sstream>

#include "framework/trained/item_parser.h"
#include "tasks/qa/generator.h"
#include "tests/tasks/item_reader_check.h"

namespace fovea {
namespace {

using test::answer_of;
using test::badly_answered;
using test::indexes_of;
using test::is_row_of;
using test::read_item;

constexpr Extent kQuestions = 40;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The stories of the test split of a task, as lines of the released files.
std::vector<std::string> test_lines(Extent task) {
  std::string text;
  for (const qa::Story& story : qa::generate({.task = task, .questions = kQuestions, .seed = 1, .stream = "test"})) {
    text += qa::text_of(story, task);
  }
  return lines_of(text);
}

/// How many of the questions in these lines are read as the items of the test split are, one after the other.
Extent read_alike(const std::string& task, const std::vector<std::string>& lines) {
  const auto subject = make_task(task);
  Batch all(kQuestions);
  fill_batch(*subject, Split::kTest, {}, all);
  const auto reader = subject->item_reader();
  Extent alike = 0;
  Extent asked = 0;
  for (const std::string& line : lines) {
    Batch item(1);
    if (!reader->read(line, item)) continue;
    alike += asked < kQuestions && item.types() == fovea::with_rows(all.types(), 1) && is_row_of(all, asked, item) ? 1 : 0;
    ++asked;
  }
  return asked == kQuestions ? alike : -1;
}

std::string babi(Extent task, const std::string& more = "") {
  return "babi(task=" + std::to_string(task) + ", train_questions=200, test_questions=" + std::to_string(kQuestions) + more +
         ")";
}

std::vector<Index> row_of(const Batch& batch, const std::string& name) {
  const Index* first = indexes_of(batch, name, 0);
  return {first, first + batch.at(name).shape().without(0).size()};
}

}  // namespace

TEST_CASE("stories in the format of the released files are read as the items of the task") {
  for (const Extent task : {1, 3, 5, 16, 19, 20}) {
    CAPTURE(task);
    CHECK(read_alike(babi(task, ", lenient=true"), test_lines(task)) == kQuestions);
    CHECK(read_alike(babi(task, ", lenient=true, memory=3, order=latest_first"), test_lines(task)) == kQuestions);
  }
}

TEST_CASE("without numbers, answers and small letters the inputs are the same, in one line or several") {
  const std::string task = babi(1);
  const Batch numbered =
      read_item(task, {"1 Mary moved to the bathroom.", "2 John went to the hallway.", "3 Where is Mary? \tbathroom\t1"});
  const std::vector<std::vector<std::string>> forms{
      {"Mary moved to the bathroom.", "John went to the hallway.", "Where is Mary?"},
      {"mary moved to the bathroom", "john went to the hallway", "where is mary?"},
      {"Mary moved to the bathroom. John went to the hallway. Where is Mary?"},
      {"", "  Mary moved to the bathroom.  John went to the hallway.", "Where is Mary ?"},
      {"1 Mary moved to the bathroom.", "2 John went to the hallway.", "3 Where is Mary?"}};
  for (const std::vector<std::string>& form : forms) {
    const Batch read = read_item(task, form);
    CHECK(is_row_of(numbered, 0, read, {"story", "question", "mask", "age"}));
    CHECK(read.types() == numbered.types());
  }
  CHECK(row_of(numbered, "facts")[0] == 0);
  CHECK(row_of(numbered, "unknown")[0] == 0);
}

TEST_CASE("a story goes on after a question, and ends before an empty line and before the number 1") {
  const auto subject = make_task(babi(1));
  const auto reader = subject->item_reader();
  const auto statements = [&](const std::string& line) {
    Batch item(1);
    if (!reader->read(line, item)) return Index{-1};
    const std::vector<Index> mask = row_of(item, "mask");
    return static_cast<Index>(std::count(mask.begin(), mask.end(), 1));
  };
  CHECK(statements("Mary moved to the bathroom. Where is Mary?") == 1);
  CHECK(statements("Where is Mary?") == 1);
  CHECK(statements("John went to the hallway. Where is John?") == 2);
  CHECK(statements("") == -1);
  CHECK(statements("John went to the hallway. Where is John?") == 1);
  CHECK(statements("1 John went to the hallway.") == -1);
  CHECK(statements("2 Where is John?") == 1);
  CHECK(statements("3 Mary went to the hallway.") == -1);
  CHECK(statements("4 Where is John?") == 2);
}

TEST_CASE("an empty line of a file ends a story, and is nothing to tasks whose items have one line") {
  const auto stories = make_task(babi(1));
  ItemParser parser(*stories);
  CHECK(parser.take("Mary moved to the bathroom. Where is Mary?") != nullptr);
  CHECK(parser.take(" ") == nullptr);
  const auto item = parser.take("John went to the hallway. Where is John?");
  REQUIRE(item != nullptr);
  CHECK(row_of(*item, "mask")[1] == 0);
  const auto numbers = make_task("sort_numbers");
  ItemParser other(*numbers);
  CHECK(other.take(" ") == nullptr);
  CHECK(other.take("0.5 0.25") != nullptr);
}

TEST_CASE("an empty line ends a text among other sentences too") {
  const auto subject = make_task("needle");
  const auto reader = subject->item_reader();
  Batch item(1);
  CHECK(reader->read("Mary moved to the bathroom. Where is Mary?", item));
  CHECK(reader->read("John went to the hallway. Where is John?", item));
  CHECK(!is_row_of(read_item("needle", {"John went to the hallway. Where is John?"}), 0, item));
  CHECK(!reader->read("", item));
  CHECK(reader->read("John went to the hallway. Where is John?", item));
  CHECK(is_row_of(read_item("needle", {"John went to the hallway. Where is John?"}), 0, item));
}

TEST_CASE("what says how stories are written has one that can be read") {
  for (const std::string& task : {babi(1), babi(20), std::string("needle")}) {
    const std::string format = make_task(task)->item_format();
    const std::size_t begin = format.find('\'') + 1;
    CHECK_NOTHROW(read_item(task, {format.substr(begin, format.find('\'', begin) - begin)}));
  }
}

TEST_CASE("the answer is a word of the vocabulary") {
  const Batch item = read_item(babi(1), {"Mary moved to the bathroom. Where is Mary?\tbathroom"});
  const std::vector<Index> answer = row_of(item, "answer");
  CHECK(answer[0] > 0);
  CHECK(row_of(item, "unknown")[0] == 0);
  CHECK(row_of(read_item(babi(1), {"Mary moved to the bathroom. Where is Mary?"}), "unknown")[0] == 0);
  CHECK(row_of(read_item(babi(1), {"Mary moved to the bathroom. Where is Mary?\tattic"}), "unknown")[0] == 1);
  CHECK(answer_of<Index>(babi(1), item, "answer", {1}, answer) == "bathroom\n");
  CHECK(answer_of<Index>(babi(1), item, "answer", {1}, {0}) == "(no word)\n");
  CHECK(answer_of<Index>(babi(1), item, "answer", {1}, {1000}) == "(no word)\n");
}

TEST_CASE("texts of facts among other sentences come back") {
  const std::string task = "needle(length=40, task=1, train_questions=200, test_questions=40)";
  const auto subject = make_task(task);
  Batch drawn(30);
  fill_batch(*subject, Split::kTest, {}, drawn);
  for (Extent row = 0; row < 30; ++row) {
    std::string text = subject->text(drawn, row).substr(0, subject->text(drawn, row).find(" ->"));
    text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == '[' || c == ']'; }), text.end());
    CHECK(is_row_of(drawn, row, read_item(task, {text}), {"tokens", "places"}));
  }
  const Batch item =
      read_item(task, {"1 Mary moved to the bathroom.", "2 The old clock ticked softly.", "3 Where is Mary?\tbathroom\t1"});
  CHECK(std::count(indexes_of(item, "support", 0), indexes_of(item, "support", 0) + 40, 1) == 6);
  CHECK(answer_of<Index>(task, item, "answers", {1, 1}, row_of(item, "targets")) == "bathroom\n");
}

TEST_CASE("after a line that is refused another story begins") {
  for (const std::string& task : {babi(1), std::string("needle")}) {
    const auto subject = make_task(task);
    const auto reader = subject->item_reader();
    Batch item(1);
    CHECK(!reader->read("1 Mary moved to the bathroom.", item));
    CHECK_THROWS_AS(reader->read("2 Mary moved to the bathrom.", item), Error);
    CHECK_THROWS_WITH_AS(reader->read("3 Where is Mary?\tbathroom\t2", item), doctest::Contains("the number 1"), Error);
    CHECK(!reader->read("1 John went to the hallway.", item));
    CHECK(reader->read("2 Where is John?\thallway\t1", item));
    const Tensor support = item.at("support");
    CHECK(std::count(support.index(), support.index() + support.size(), 1) == (task == "needle" ? 6 : 1));
  }
}

TEST_CASE("what is no story is answered by one line") {
  const std::string told = "Mary moved to the bathroom.";
  std::vector<std::string> eleven(11, told);
  CHECK(badly_answered({
            {babi(1),
             {"Mary moved to the bathrom."},
             "column 19] a word of the training stories was expected; 'bathrom' came; did you mean 'bathroom'?"},
            {babi(1), {"1 Mary moved to the bathrom."}, "column 21"},
            {babi(1), {"Mary xyzzyxyz."}, "write another one"},
            {babi(1), {"Where is Mary?"}, "a statement was expected before the first question"},
            {babi(1), {told, "Where is Mary? " + told}, "write it in the next line"},
            {babi(1), {told + "\tbathroom"}, "after a statement"},
            {babi(1), {told, "Where is Mary?\tbathroom\t1\t2"}, "after the supporting statements"},
            {babi(1), {told, "Where is Mary?\tbathroom\t2"}, "the number of an earlier line"},
            {babi(1), {told, "Where is Mary?", "Where is Mary?\tbathroom\t2"}, "is a question"},
            {babi(1), {told, ""}, "a question was expected before the next story"},
            {babi(1), {"1 " + told, "1 " + told}, "a question was expected before the next story"},
            {babi(1), {"1 " + told, "3 " + told}, "the number 2, or 1 for another story,"},
            {babi(1), {"1 " + told, told}, "the number 2"},
            {babi(1), {"2 " + told}, "the number 1 was expected"},
            {babi(1), {"1 "}, "a sentence"},
            {babi(1), {"..."}, "1 to 6 words"},
            {babi(1), {"Mary Mary Mary Mary Mary Mary Mary."}, "1 to 6 words"},
            {babi(1), {told, "Where is Mary Mary?"}, "1 to 3 words"},
            {babi(1), eleven, "train with memory=10"},
            {babi(1), {std::string("Mary\x01.")}, "control character"},
            {"needle(length=16)", {told, told, told, "Where is Mary?"}, "longer length"},
            {"needle", {"The old clok ticked."}, "did you mean 'clock'?"},
        }) == "");
  eleven.emplace_back("Where is Mary?");
  const Batch item = read_item(babi(1, ", memory=10"), eleven);
  CHECK(item.at("mask").shape() == Shape{1, 10});
}

}  // namespace fovea
