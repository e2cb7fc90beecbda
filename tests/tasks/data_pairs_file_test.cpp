#include "tests/tasks/data_files.h"

namespace fovea {
namespace {

using test::contains;
using test::DataFolder;
using Ints = std::vector<Index>;

const std::string kTiny = "three cats\ttrois chats\na cat\tun chat\nno\tnon\n";

std::string task_of(const std::string& path, const std::string& more = "") {
  return "pairs_file(path=" + path + ", validation=0, test=0" + more + ")";
}

}  // namespace

TEST_CASE("a pair is the numbers of its words, in the order of their bytes, with an end") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("a.tsv", kTiny)));
  const Batch batch = test::read_item(*task, "three cats\ttrois chats");
  // Sources: "", <unknown>, a, cat, cats, no, three; targets: <end>, <unknown>, chat, chats, non, trois, un.
  CHECK(test::indices(batch.at("source")) == Ints{6, 4});
  CHECK(test::indices(batch.at("targets")) == Ints{5, 3, 0});
  CHECK(task->meanings().labels.at("target") ==
        std::vector<std::string>{"<end>", "<unknown>", "chat", "chats", "non", "trois", "un"});
  CHECK(task->text(batch, 0) == "three cats -> trois chats\n");
  const Batch shorter = test::read_item(*task, "no dogs");
  CHECK(test::indices(shorter.at("source")) == Ints{5, 1});
  CHECK(test::indices(test::read_item(*task, "no\tnon").at("targets")) == Ints{4, 0, -1});
}

TEST_CASE("characters are code points, and targets may have units of their own") {
  const DataFolder folder;
  const std::string path = folder.write("a.tsv", "\xC3\xA9 b\tun deux\nb\tdeux\n");
  const auto task = make_task(task_of(path, ", units=characters, target_units=words"));
  CHECK(task->meanings().labels.at("source") == std::vector<std::string>{"", "<unknown>", " ", "b", "\xC3\xA9"});
  CHECK(test::indices(test::read_item(*task, "\xC3\xA9 b").at("source")) == Ints{4, 2, 3});
  CHECK(task->meanings().labels.at("target") == std::vector<std::string>{"<end>", "<unknown>", "deux", "un"});
  const auto lower = make_task(task_of(folder.write("b.tsv", "Be BE\tX\nbe\tx\n"), ", lower=true"));
  CHECK(lower->meanings().labels.at("source") == std::vector<std::string>{"", "<unknown>", "be"});
}

TEST_CASE("units that training has seldom are unknown, and a target with one is never exact") {
  const DataFolder folder;
  const std::string path = folder.write("a.tsv", "a b\tx y\na c\tx z\n");
  const auto task = make_task(task_of(path, ", min_count=2"));
  Batch batch = test::read_item(*task, "a b\tx y");
  CHECK(test::indices(batch.at("source")) == Ints{2, 1});
  CHECK(test::indices(batch.at("targets")) == Ints{2, 1, 0});
  std::vector<Index> answers{2, 1, 0};
  const Outputs outputs{{"answers", {answers.data(), {{1, 3}, Kind::kIndex}}}};
  const Judgement judgement = task->judge(batch, outputs);
  CHECK(judgement.metrics[0].rows[0] == 0);
  CHECK(judgement.metrics[1].rows[0] == 1);
  CHECK(task->answer(batch, outputs, 0) == "x <unknown>\n");
}

TEST_CASE("the error rate counts the edits up to the end of the answer") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("a.tsv", "a\tw x y z\n")));
  const Batch batch = test::read_item(*task, "a\tw x y z");
  const auto rate = [&](std::vector<Index> answers) {
    return task->judge(batch, {{"answers", {answers.data(), {{1, 5}, Kind::kIndex}}}}).metrics[2].rows[0];
  };
  CHECK(rate({2, 3, 4, 5, 0}) == 0);
  CHECK(rate({2, 3, 4, 0, 9}) == 0.25);  // one left out, and what follows the end does not count
  CHECK(rate({2, 3, 3, 4, 5}) == 0.25);  // one put in
  CHECK(rate({0, 2, 3, 4, 5}) == 1);     // nothing is written
  CHECK(rate({5, 4, 3, 2, 0}) == 1);
}

TEST_CASE("malformed files of pairs are refused with their place") {
  const std::string good = "a b\tx\n";
  test::check_malformed(
      task_of("PATH", ", longest=3"),
      {{"", "", "a file with content was expected"},
       {"\xEF\xBB\xBF"
        "a\tx\n",
        ":1:1", "a byte order mark came"},
       {good + "\n" + good, ":2:1", "the line is empty; remove it"},
       {good + "a b\n", ":2:4", "a tab and a target were expected after the source; the line ends"},
       {good + "a\tx\ty\n", ":2:4", "a tab came; write SOURCE, one tab, TARGET"},
       {good + "a\tx\t\n", ":2:4", "the end of the line was expected after the target"},
       {good + "\tx\n", ":2:1", "a source was expected; nothing came"},
       {good + "  \tx\n", ":2:1", "a source was expected; nothing came"},
       {good + "a\t\n", ":2:3", "a target was expected; nothing came"},
       {good + "a\t  \n", ":2:3", "a target was expected; nothing came"},
       {good + "\t\n", ":2:1", "a source was expected"},
       {good + "a b c d\tx\n", ":2:1",
        "a source of at most 3 units was expected; this one has 4; shorten it, or set longest=4."},
       {good + "a\tw x y z\n", ":2:3", "a target of at most 3 units was expected"},
       {good + "a\tx\r\n", ":2:4", "a carriage return came; convert the file (dos2unix), or set lenient=true."},
       {good + std::string("a\0b\tx\n", 6), ":2:2", "the control character '\\x00' came"},
       {good + "a\x1B[0m\tx\n", ":2:2", "the control character '\\x1b' came"},
       {good + "a\x7F\tx\n", ":2:2", "the control character '\\x7f' came"},
       {good + "caf\xE9\tx\n", ":2:4", "valid UTF-8 was expected; the byte '\\xe9' came"},
       {good + "\xED\xA0\x80\tx\n", ":2:1", "valid UTF-8 was expected"},
       {good + "cafe\xCC\x81\tx\n", ":2:4", "composed form (NFC) were expected"},
       {good + std::string(1100000, 'a') + "\tx\n", ":2:1048577", "a line of at most 1048576 bytes was expected"}});
}

TEST_CASE("a lenient reader of pairs leaves malformed lines out, and says how many") {
  const DataFolder folder;
  const std::string path = folder.write("a.tsv",
                                        "\xEF\xBB\xBF"
                                        "a\tx\r\n\nb\na b\ty\n");
  const auto task = make_task(task_of(path, ", lenient=true"));
  CHECK(test::texts_of(*task, Split::kTrain, 200).front() == "a -> x\n");
  CHECK(task->note() == "pairs_file: 2 malformed lines were skipped, the first for [" + path +
                            ":2:1] an item was expected; the line is empty; remove it.; 2 byte order marks and carriage "
                            "returns were dropped");
  CHECK(contains(test::refusal(task_of(folder.write("b.tsv", "no tab\n"), ", lenient=true")),
                 "[pairs_file] training items were expected; of 0 items in the files none is one"));
}

TEST_CASE("units of the test that training lacks are counted in the note") {
  const DataFolder folder;
  const std::string train = folder.write("a.tsv", "a b\tx\n");
  const std::string test = folder.write("b.tsv", "a c d\ty\n");
  const auto task = make_task("pairs_file(path=" + train + ", validation=0, test_file=" + test + ")");
  CHECK(task->note() == "pairs_file: 3 units of validation and test items are not among those of training");
  CHECK(make_task(task_of(train))->note().empty());
}

TEST_CASE("a source is read as an item, also a longer one than those of the file, within the limit") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("a.tsv", kTiny), ", longest=4"));
  CHECK(test::read_item(*task, "no no no no").at("source").shape() == Shape{1, 4});
  CHECK(test::item_refusal(*task, "no no no no no") ==
        "at column 1, a source of at most 4 units was expected; this one has 5; shorten it, or set longest=5.");
  CHECK(contains(test::item_refusal(*task, "\xFF"), "valid UTF-8 was expected"));
  CHECK(contains(task->item_format(), "a source of at most 4 words"));
}

}  // namespace fovea
