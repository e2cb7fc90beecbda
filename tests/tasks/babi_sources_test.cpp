#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "framework/core/error.h"
#include "framework/files/input.h"
#include "tasks/qa/corpus.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using Indices = std::vector<Index>;

/// A folder of files of this test, removed at its end.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("fovea_babi_sources_" + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name) << text; }
  std::string text() const { return path_.string(); }

 private:
  fs::path path_;
};

const std::string kTrain =
    "1 Mary went home.\n"
    "2 John went out.\n"
    "3 Where is Mary? \thome\t1\n"
    "4 Mary went out.\n"
    "5 Where is Mary? \tout\t4\n";

std::unique_ptr<Task> task_of(const std::string& text) {
  auto task = Registry<Task>::instance().parse(text).plugin;
  task->check();
  return task;
}

std::string error_of(const std::string& text) {
  try {
    task_of(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

/// Folder with a training and a test file of task 1.
struct Files {
  Folder folder;
  explicit Files(const std::string& test = kTrain) {
    folder.write("qa1_any_train.txt", kTrain);
    folder.write("qa1_any_test.txt", test);
  }
  std::string task(const std::string& more = "") const {
    return "babi(task=1, source=released, data=" + folder.text() + ", validation=0" + more + ")";
  }
};

}  // namespace

TEST_CASE("an evaluation in batches asks every question once, and its first ones are of every task") {
  const auto task = task_of("babi(task=16+19, test_questions=40)");
  std::map<Indices, int> asked;
  std::set<Index> tasks;
  for (Extent first = 0; first < 80; first += 16) {
    Batch batch(16);
    batch.start_at(first);
    Rng rng({.seed = 1, .stream = 0, .step = static_cast<std::uint32_t>(first)});
    task->fill(rng, Split::kTest, batch);
    const Tensor story = batch.at("story");
    const Extent size = story.size() / 16;
    for (Extent b = 0; b < 16; ++b) ++asked[Indices(story.index() + b * size, story.index() + (b + 1) * size)];
    if (first == 0) tasks.insert(batch.at("task").index(), batch.at("task").index() + 16);
  }
  CHECK(asked.size() == 80);
  CHECK(tasks.size() == 2);
}

TEST_CASE("babi learns from generated stories and asks about released ones, in the same words") {
  const Files files("1 Mary went to the office.\n2 Where is Mary? \toffice\t1\n");
  const std::string data = "data=" + files.folder.text();
  const auto corpus = qa::corpus_of("babi(task=1, test=released, " + data + ")");
  CHECK(corpus->items(Split::kTrain).size() + corpus->items(Split::kValidation).size() == 1000);
  REQUIRE(corpus->items(Split::kTest).size() == 1);
  const auto generated = qa::corpus_of("babi(task=1)");
  CHECK(corpus->words() == generated->words());
  CHECK(corpus->vocabulary().word(corpus->items(Split::kTest)[0].answer) == "office");
  const auto other = qa::corpus_of("babi(task=1, source=released, test=generated, lenient=true, " + data + ")");
  CHECK(other->items(Split::kTrain).size() == 2);
  CHECK(other->items(Split::kTest).size() == 1000);
  CHECK(error_of("babi(task=1, test=released)").find("data is empty") != std::string::npos);
}

TEST_CASE("babi says what it skipped, and which training stories are generated because a file is missing") {
  const Files files(kTrain + "1 Mary went home\r\n2 Where is Mary?\thome\t1\n");
  const std::string note = task_of(files.task(", lenient=true"))->note();
  CHECK(note.find("babi: 1 malformed stories (2 lines) were skipped, the first for [") == 0);
  CHECK(note.find("; 1 byte order marks and carriage returns were dropped") != std::string::npos);
  CHECK(task_of("babi(task=1)")->note().empty());
  files.folder.write("qa3_any_test.txt", "1 Mary went to the office.\n2 Where was Mary before the office? \tkitchen\t1\n");
  files.folder.write("qa3_any_train.PARTIAL.txt", kTrain);
  const auto task = task_of("babi(task=3, source=released, generate_missing=true, data=" + files.folder.text() + ")");
  CHECK(task->note() ==
        "babi: the training stories of task 3 are generated: " + files.folder.text() + " has no file for them");
}

TEST_CASE("a dot within a word belongs to it, in statements, questions and answers alike") {
  const std::string story =
      "1 Coffee costs 3.5 euro.\n2 Tea costs 35 euro.\n3 Milk costs .5 euro.\n4 Ann lives in the U.S.\n"
      "5 What is 3.5? \t3.5\t1\n6 Where is Ann? \tU.S.\t4\n";
  Files files(story);
  files.folder.write("qa1_any_train.txt", story);
  const auto corpus = qa::corpus_of(files.task());
  const auto number = [&](const char* word) { return corpus->vocabulary().number_of(word); };
  for (const char* word : {"3.5", "35", ".5", "u.s", "euro", "ann"}) CHECK(number(word) > 0);
  CHECK(number("5") == 0);
  CHECK(number("3.5") != number("35"));
  CHECK(corpus->statement(0)[2] == number("3.5"));
  CHECK(corpus->statement(1)[2] == number("35"));
  CHECK(corpus->items(Split::kTrain)[0].answer == number("3.5"));
  CHECK(corpus->items(Split::kTrain)[1].answer == number("u.s"));
  CHECK(qa::answer_word("?") == "?");
  CHECK(qa::tokens_of("Is it 3.5?... yes .").size() == 4);
}

TEST_CASE("an empty file of stories says that it is empty, and what is no file is refused at once") {
  const Files files;
  files.folder.write("qa1_any_test.txt", "");
  for (const char* more : {"", ", lenient=true"}) {
    CHECK(error_of(files.task(more)).find("qa1_any_test.txt] a file with content was expected; it is empty") !=
          std::string::npos);
  }
  files.folder.write("qa1_any_test.txt", "\n");
  CHECK(error_of(files.task()).find("qa1_any_test.txt:1:1] the number of a line was expected") != std::string::npos);
  const fs::path test = fs::path(files.folder.text()) / "qa1_any_test.txt";
  fs::remove(test);
  REQUIRE(mkfifo(test.c_str(), 0600) == 0);
  CHECK(error_of(files.task()).find("expected a regular file") != std::string::npos);
  fs::remove(test);
  fs::create_directory(test);
  CHECK(error_of(files.task()).find("it is a directory") != std::string::npos);
  fs::remove(test);
  fs::create_symlink(test.filename(), test);
  CHECK(error_of(files.task()).find("qa1_any_test.txt] expected to open the file") != std::string::npos);
}

TEST_CASE("letters in decomposed form are refused with their line, and passed over by a lenient reader") {
  const Files files(kTrain + "1 Zoe\xCC\x88 went home.\n2 Where is Zoe\xCC\x88?\thome\t1\n");
  CHECK(error_of(files.task()).find("qa1_any_test.txt:6:5] letters in composed form (NFC) were expected") !=
        std::string::npos);
  CHECK(qa::corpus_of(files.task(", lenient=true"))->skipped().stories == 1);
}

TEST_CASE("a log of inputs has every file of the stories, also where their corpus is in use already") {
  const Files files;
  const auto held = task_of(files.task());
  for (int i = 0; i < 2; ++i) {
    const InputLog log;
    const auto task = task_of(files.task());
    const std::vector<InputFile> inputs = log.files();
    REQUIRE(inputs.size() == 2);
    CHECK(inputs[0].name == files.folder.text() + "/qa1_any_test.txt");
    CHECK(inputs[1].name == files.folder.text() + "/qa1_any_train.txt");
    CHECK(inputs[0].hash == inputs[1].hash);
  }
  const InputLog log;
  task_of("babi(task=1)");
  CHECK(log.files().empty());
}

}  // namespace fovea
