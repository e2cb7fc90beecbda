#include "tests/tasks/data_files.h"

namespace fovea {
namespace {

using test::contains;
using test::DataFolder;
using Ints = std::vector<Index>;

std::string task_of(const std::string& path, const std::string& more = "") {
  return "labelled_text(path=" + path + ", validation=0, test=0" + more + ")";
}

const std::string kTiny = "it leaks\tfault\nall works\tfine\n";

}  // namespace

TEST_CASE("a labelled text is its words and an end, where its label is asked for") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("a.tsv", kTiny)));
  // "", <unknown>, <end>, fault, fine, all, it, leaks, works
  CHECK(task->meanings().labels.at("token") ==
        std::vector<std::string>{"", "<unknown>", "<end>", "fault", "fine", "all", "it", "leaks", "works"});
  const Batch batch = test::read_item(*task, "all of it leaks");
  CHECK(test::indices(batch.at("tokens")) == Ints{5, 1, 6, 7, 2});
  CHECK(test::indices(batch.at("mask")) == Ints{1, 1, 1, 1, 1});
  CHECK(test::indices(batch.at("places")) == Ints{4});
  const Batch shorter = test::read_item(*task, "leaks");
  CHECK(test::indices(shorter.at("tokens")) == Ints{7, 2, 0});
  CHECK(test::indices(shorter.at("mask")) == Ints{1, 1, 0});
  CHECK(test::indices(shorter.at("places")) == Ints{1});
  CHECK(test::texts_of(*task, Split::kTrain, 50).front() == "all works -> fine\n");
}

TEST_CASE("a label may stand first, before a tab or a blank") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("a.txt", "fault it leaks\nfine\tall works\n"), ", label=first"));
  CHECK(test::texts_of(*task, Split::kTrain, 50).front() == "all works -> fine\n");
  const auto characters = make_task(task_of(folder.write("b.txt", "y a b\nn c\n"), ", label=first, units=characters"));
  CHECK(test::texts_of(*characters, Split::kTrain, 50).front() == "a b -> y\n");
}

TEST_CASE("a word and a label of the same text are two tokens") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("a.tsv", "fine\tfine\nbad\tbad\n")));
  CHECK(test::indices(test::read_item(*task, "bad fine").at("tokens")) == Ints{5, 6, 2});
}

TEST_CASE("the best token answers with its label, and is judged by its label") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("a.tsv", kTiny)));
  const Batch batch = test::read_item(*task, "it leaks");  // target 3, as the first label stands for what is not given
  Index answer = 3;
  const Outputs outputs{{"answers", {&answer, {{1, 1}, Kind::kIndex}}}};
  CHECK(task->judge(batch, outputs).metrics[0].rows == std::vector<double>{1});
  CHECK(task->judge(batch, outputs).slices == std::vector<std::string>{"label=fault"});
  answer = 4;
  CHECK(task->judge(batch, outputs).metrics[0].rows == std::vector<double>{0});
  CHECK(task->answer(batch, outputs, 0) == "fine\n");
}

TEST_CASE("the chance is what the most frequent label of training gets in the test") {
  const DataFolder folder;
  const std::string train = folder.write("a.tsv", "a\tx\nb\tx\nc\ty\n");
  const std::string test = folder.write("b.tsv", "a\ty\nb\tx\nc\ty\nd\ty\n");
  CHECK(make_task("labelled_text(path=" + train + ", validation=0, test_file=" + test + ")")->chance() == 0.25);
  CHECK(make_task(task_of(train))->chance() == -1);
}

TEST_CASE("malformed files of labelled texts are refused with their place") {
  const std::string good = "a b\tx\nc d\ty\n";
  test::check_malformed(
      task_of("PATH", ", longest=3"),
      {{"", "", "a file with content was expected"},
       {"\xEF\xBB\xBF" + good, ":1:1", "a byte order mark came"},
       {good + "\n", ":3:1", "the line is empty"},
       {good + "a b\n", ":3:4", "a tab and a label were expected after the text; the line ends"},
       {good + "a b x\n", ":3:6", "set label=first"},
       {good + "\tx\n", ":3:1", "a text was expected; nothing came; write one."},
       {good + "   \tx\n", ":3:1", "a text was expected; nothing came"},
       {good + "a\t\n", ":3:3", "a label was expected; nothing came; write one."},
       {good + "a\t \n", ":3:3", "a label was expected; nothing came"},
       {good + "a\tx\t\n", ":3:5", "a label was expected; nothing came"},
       {good + "\t\n", ":3:2", "a label was expected"},
       {good + "a b c d\tx\n", ":3:1", "a text of at most 3 units was expected; this one has 4"},
       {good + "a\tx\r\n", ":3:4", "a carriage return came"},
       {"a b\tx\r\nc d\ty\r\n", ":1:6", "a carriage return came"},
       {good + std::string("a\0b\tx\n", 6), ":3:2", "the control character '\\x00' came"},
       {good + "a\x01\tx\n", ":3:2", "the control character '\\x01' came"},
       {good + "a\x7F\tx\n", ":3:2", "the control character '\\x7f' came"},
       {good + "caf\xE9\tx\n", ":3:4", "valid UTF-8 was expected; the byte '\\xe9' came"},
       {good + "a\t\xC3\n", ":3:3", "valid UTF-8 was expected; the byte '\\xc3' came"},
       {good + "\xF5\x80\x80\x80\tx\n", ":3:1", "valid UTF-8 was expected"},
       {good + "cafe\xCC\x81\tx\n", ":3:4", "composed form (NFC) were expected"},
       {good + std::string(1100000, 'a') + "\tx\n", ":3:1048577", "a line of at most 1048576 bytes was expected"}});
}

TEST_CASE("malformed files with the label first are refused with their place") {
  const DataFolder folder;
  const auto message = [&](const std::string& content) {
    return test::refusal(task_of(folder.write("a.txt", content), ", label=first"));
  };
  CHECK(contains(message("x a\ny\n"), "a.txt:2:2] a tab or a blank and a text were expected after the label"));
  CHECK(contains(message("x a\n y b\n"), "a.txt:2:1] a label was expected; nothing came"));
  CHECK(contains(message("x a\ny  \n"), "a.txt:2:3] a text was expected; nothing came"));
  CHECK(contains(message("x a\nx b\n"), "at least two labels were expected; the training items have only 'x'"));
}

TEST_CASE("a label that training lacks is an error, or is left out and counted") {
  const DataFolder folder;
  const std::string train = folder.write("a.tsv", kTiny);
  const std::string test = folder.write("b.tsv", "it leaks\tfault\nit leaks\tnew\n");
  const std::string task = "labelled_text(path=" + train + ", validation=0, test_file=" + test;
  CHECK(test::is_clear(test::refusal(task + ")"), test + ":2"));
  CHECK(contains(test::refusal(task + ")"), "a label of the training items was expected; 'new' came"));
  const auto lenient = make_task(task + ", lenient=true)");
  CHECK(contains(lenient->note(), "labelled_text: 1 malformed line was skipped, the first for [" + test + ":2]"));
  CHECK(test::texts_of(*lenient, Split::kTest, 1) == std::vector<std::string>{"it leaks -> fault\n"});
}

}  // namespace fovea
