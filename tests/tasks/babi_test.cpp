#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "framework/core/error.h"
#include "tasks/qa/corpus.h"
#include "tests/support/qa_data.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using Indices = std::vector<Index>;

/// A folder of files of this test, removed at its end.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("fovea_babi_" + std::to_string(getpid()))) { fs::create_directories(path_); }
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

Batch filled(const Task& task, Extent rows, Split split) {
  Batch batch(rows);
  fill_batch(task, split, {.seed = 1}, batch);
  return batch;
}

Indices indices(const Batch& batch, const std::string& name) {
  const Tensor tensor = batch.at(name);
  return {tensor.index(), tensor.index() + tensor.size()};
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

TEST_CASE("babi gives words as numbers in the order of the alphabet, and where the facts are") {
  const Files files;
  const auto corpus = qa::corpus_of(files.task());
  REQUIRE(corpus->words() == 8);  // none, home, is, john, mary, out, went, where
  CHECK(corpus->vocabulary().word(1) == "home");
  CHECK(corpus->vocabulary().word(7) == "where");
  const Batch batch = filled(*task_of(files.task()), 2, Split::kTest);
  CHECK(batch.at("story").shape() == Shape{2, 3, 3});
  CHECK(indices(batch, "story") == Indices{4, 6, 1, 3, 6, 5, 0, 0, 0,  //
                                           4, 6, 1, 3, 6, 5, 4, 6, 5});
  CHECK(indices(batch, "mask") == Indices{1, 1, 0, 1, 1, 1});
  CHECK(indices(batch, "age") == Indices{1, 0, -1, 2, 1, 0});
  CHECK(indices(batch, "question") == Indices{7, 2, 4, 7, 2, 4});
  CHECK(indices(batch, "answer") == Indices{1, 5});
  CHECK(indices(batch, "support") == Indices{1, 0, 0, 0, 0, 1});
  CHECK(indices(batch, "facts") == Indices{0, 2});
  CHECK(indices(batch, "task") == Indices{1, 1});
  CHECK(indices(batch, "unknown") == Indices{0, 0});
}

TEST_CASE("babi puts the latest statement first where that is asked for") {
  const Files files;
  const Batch batch = filled(*task_of(files.task(", order=latest_first")), 2, Split::kTest);
  CHECK(indices(batch, "story") == Indices{3, 6, 5, 4, 6, 1, 0, 0, 0,  //
                                           4, 6, 5, 3, 6, 5, 4, 6, 1});
  CHECK(indices(batch, "age") == Indices{0, 1, -1, 0, 1, 2});
  CHECK(indices(batch, "facts") == Indices{1, 0});
}

TEST_CASE("babi remembers the latest statements, and forgets facts") {
  const Files files;
  const Batch batch = filled(*task_of(files.task(", memory=1")), 2, Split::kTest);
  CHECK(indices(batch, "story") == Indices{3, 6, 5, 4, 6, 5});
  CHECK(indices(batch, "support") == Indices{0, 1});
  CHECK(indices(batch, "facts") == Indices{-1, 0});
}

TEST_CASE("babi judges answers and choices, and an answer that nobody could learn is wrong") {
  const Files files("1 Mary went home.\n2 John went out.\n3 Where is Mary?\thome\t1\n4 Where is Mary?\tthere\t1\n");
  const auto task = task_of(files.task());
  const Batch batch = filled(*task, 2, Split::kTest);
  CHECK(indices(batch, "answer") == Indices{1, 0});
  Indices answers{1, 0};
  Indices chosen{0, 1, 1, 1};
  const Outputs outputs{{"answer", {answers.data(), {Shape{2}, Kind::kIndex}}},
                        {"chosen", {chosen.data(), {Shape{2, 2}, Kind::kIndex}}}};
  const Judgement judgement = task->judge(batch, outputs);
  REQUIRE(judgement.metrics.size() == 4);
  CHECK(judgement.metrics[0].rows == std::vector<double>{1, 0});
  CHECK(judgement.metrics[1].name == "unknown_words");
  CHECK(judgement.metrics[1].rows == std::vector<double>{0, 1});
  CHECK(judgement.metrics[2].rows == std::vector<double>{0.5, 0});
  CHECK(judgement.metrics[3].rows == std::vector<double>{1, 0});
  CHECK(judgement.slices.empty());
  CHECK(task->chance() == 0.5);
  const Outputs wrong{{"answer", outputs.at("answer")}, {"chosen", {chosen.data(), {Shape{4}, Kind::kIndex}}}};
  CHECK_THROWS_WITH_AS(task->judge(batch, wrong),
                       doctest::Contains("an output 'chosen', Index [B, hops], was expected; [4] came"), Error);
}

TEST_CASE("an unknown word is an error with its place; a lenient corpus skips it and counts it") {
  const Files files("1 Mary flew home.\n2 Where is Mary?\thome\t1\n");
  CHECK(error_of(files.task()) ==
        "[" + files.folder.text() +
            "/qa1_any_test.txt:1:8] a word of the training stories was expected; 'flew' came; train "
            "on more questions, or set lenient=true to skip such words.");
  const Batch batch = filled(*task_of(files.task(", lenient=true")), 1, Split::kTest);
  CHECK(Indices(batch.at("story").index(), batch.at("story").index() + 3) == Indices{4, 0, 1});
  CHECK(indices(batch, "unknown") == Indices{1});
}

TEST_CASE("a lenient corpus counts the stories that it skips") {
  const Files files(kTrain + "1 Mary went home\n2 Where is Mary?\thome\t1\n");
  CHECK(error_of(files.task()).find("qa1_any_test.txt:6:17] a full stop was expected") != std::string::npos);
  const auto corpus = qa::corpus_of(files.task(", lenient=true"));
  CHECK(corpus->skipped().stories == 1);
  CHECK(corpus->items(Split::kTest).size() == 2);
}

TEST_CASE("impossible options of babi are errors that say what is possible") {
  const Files files;
  const std::string folder = files.folder.text();
  CHECK(error_of("babi(task=0)") == "[task] tasks from 1 to 20 were expected, as in 3, 1+2+3 or all; '0' came; correct it.");
  for (const char* wrong : {"21", "1+", "1+1", "x", "1-3", "1+x"}) {
    CHECK(error_of(std::string("babi(task=") + wrong + ")").find("tasks from 1 to 20 were expected") != std::string::npos);
  }
  CHECK(error_of("babi(source=released)") ==
        "[babi] a folder of released files was expected; data is empty; set data=FOLDER, such as en-10k.");
  CHECK(error_of("babi(data=x)") ==
        "[babi] generated stories need no data; data is x; set source=released or test=released.");
  CHECK(error_of("babi(source=released, data=/nowhere)") ==
        "[/nowhere] a folder of released files was expected; it cannot be read; set data to a folder such as en-10k.");
  CHECK(error_of("babi(task=2, source=released, data=" + folder + ")") ==
        "[" + folder + "] a file qa2_*test.txt was expected; there is none; set data to a folder such as en-10k.");
  files.folder.write("qa3_any_test.txt", kTrain);
  files.folder.write("qa3_any_train.PARTIAL.txt", kTrain);
  CHECK(error_of("babi(task=3, source=released, data=" + folder + ")") ==
        "[" + folder +
            "] a file qa3_*train.txt was expected; a part of it came; set partial=true to train on it, or "
            "generate_missing=true.");
  CHECK(error_of("babi(task=3, source=released, partial=true, data=" + folder + ")") == "none");
  files.folder.write("qa1_other_train.txt", kTrain);
  CHECK(error_of(files.task()) ==
        "[" + folder + "] one file qa1_*train.txt was expected; there are 2; remove those that are not wanted.");
  CHECK(error_of("babi(task=4+17, actors=3)") ==
        "[babi] actors, questions and distractors change generated stories of tasks that have them; task is 4+17; leave "
        "them at "
        "0.");
  CHECK(error_of("babi(task=1+17, actors=3)") == "none");
  const auto task = task_of("babi(validation=0)");
  CHECK_THROWS_WITH_AS(filled(*task, 2, Split::kValidation),
                       doctest::Contains("validation stories were expected; there are none"), Error);
}

TEST_CASE("babi keeps a tenth of the training stories for validation, and no story is in two splits") {
  const auto corpus = qa::corpus_of("babi(task=2+20)");
  CHECK(corpus->items(Split::kTrain).size() + corpus->items(Split::kValidation).size() == 2000);
  CHECK(corpus->items(Split::kTest).size() == 2000);
  const auto task = task_of("babi(task=2)");
  const auto of_two = qa::corpus_of("babi(task=2)");
  CHECK(of_two->items(Split::kValidation).size() == 100);
  std::set<Indices> seen;
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    std::set<Indices> here;
    for (const qa::Item& item : of_two->items(split)) {
      Indices text(of_two->question(item).begin(), of_two->question(item).end());
      for (Index i = 0; i < item.count; ++i) {
        const auto row = of_two->statement(item.statement + static_cast<std::size_t>(i));
        text.insert(text.end(), row.begin(), row.end());
      }
      here.insert(text);
    }
    for (const Indices& text : here) CHECK(seen.count(text) == 0);
    seen.insert(here.begin(), here.end());
  }
  CHECK(seen.size() > 1900);
}

TEST_CASE("an evaluation asks no question twice, and as many rows as questions are all of them") {
  const auto task = task_of("babi(task=16+19, test_questions=40)");
  const auto questions = [&](Extent rows) {
    const Batch batch = filled(*task, rows, Split::kTest);
    const Tensor story = batch.at("story");
    const Extent size = story.size() / rows;
    std::set<Indices> different;
    for (Extent b = 0; b < rows; ++b) different.insert(Indices(story.index() + b * size, story.index() + (b + 1) * size));
    return different;
  };
  CHECK(questions(30).size() == 30);
  CHECK(questions(80).size() == 80);
  CHECK(questions(160) == questions(80));
  const Batch all = filled(*task, 80, Split::kTest);
  CHECK(std::count(all.at("task").index(), all.at("task").index() + 80, 16) == 40);
  CHECK(task->judge(all, {{"answer", all.at("answer")}}).slices[79] == "task=19");
}

TEST_CASE("the chance of several tasks is the mean of theirs") {
  const double of_nine = task_of("babi(task=9)")->chance();
  CHECK(of_nine == doctest::Approx(0.63).epsilon(0.05));
  CHECK(task_of("babi(task=9+10)")->chance() == doctest::Approx((task_of("babi(task=10)")->chance() + of_nine) / 2));
}

TEST_CASE("the released files give the vocabulary of the papers, in every language") {
  const auto root = test::released_stories();
  if (!root) return;
  const auto corpus = [&](const std::string& folder, const std::string& more) {
    return qa::corpus_of("babi(task=all, source=released, data=" + (*root / folder).string() + more + ")");
  };
  const auto ten = corpus("en-10k", ", partial=true");
  CHECK(ten->words() == 177);
  CHECK(ten->slots() == 50);
  CHECK(ten->statement_words() == 11);
  CHECK(corpus("en", "")->items(Split::kTest).size() == 20000);
  CHECK(corpus("hn", ", lenient=true")->items(Split::kTest).size() == 20000);
  CHECK(corpus("shuffled", "")->items(Split::kTest).size() == 20000);
  const std::string valid = "babi(task=4, source=released, data=" + (*root / "en-valid").string() + ")";
  CHECK(qa::corpus_of(valid)->items(Split::kTrain).size() == 900);
  CHECK(qa::corpus_of(valid)->items(Split::kValidation).size() == 100);
}

}  // namespace fovea
