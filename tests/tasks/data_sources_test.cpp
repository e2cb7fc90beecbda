#include "tasks/data/sources.h"

#include <map>
#include <set>

#include "framework/files/input.h"
#include "tests/tasks/data_files.h"

namespace fovea {
namespace {

using test::contains;
using test::DataFolder;

constexpr std::array<Split, 3> kSplits{Split::kTrain, Split::kValidation, Split::kTest};

/// Lines "w0 <tab> x0", "w1 <tab> x1", ...
std::string lines(int first, int last) {
  std::string text;
  for (int i = first; i < last; ++i) text += "w" + std::to_string(i) + "\tx" + std::to_string(i) + "\n";
  return text;
}

/// The items of a split, each once.
std::vector<std::string> items_of(const std::string& text, Split split) {
  const auto task = make_task(text);
  const Extent count = dynamic_cast<const data::ListedTask&>(*task).count(split);
  Batch batch(1);
  std::vector<std::string> items;
  for (Extent row = 0; row < count && split != Split::kTrain; ++row) {
    batch.start_at(row);
    fill_batch(*task, split, {.seed = 1, .number = row}, batch);
    items.push_back(task->text(batch, 0));
  }
  return items;
}

}  // namespace

TEST_CASE("shares are as large as asked for, and each item is in one split") {
  const DataFolder folder;
  const std::string task =
      "pairs_file(units=characters, path=" + folder.write("a.tsv", lines(0, 2000)) + ", validation=0.2, test=0.1)";
  const auto made = make_task(task);
  const auto& listed = dynamic_cast<const data::ListedTask&>(*made);
  CHECK(listed.count(Split::kTrain) + listed.count(Split::kValidation) + listed.count(Split::kTest) == 2000);
  CHECK(std::abs(listed.count(Split::kValidation) - 400) < 75);  // 4 deviations
  CHECK(std::abs(listed.count(Split::kTest) - 200) < 55);
  std::set<std::string> seen;
  for (const Split split : {Split::kValidation, Split::kTest}) {
    for (const std::string& item : items_of(task, split)) CHECK(seen.insert(item).second);
  }
}

TEST_CASE("lines that are added move no other item, and neither does the share of the other split") {
  const DataFolder folder;
  const std::string before =
      "pairs_file(units=characters, path=" + folder.write("a.tsv", lines(0, 300)) + ", validation=0.2, test=0.1)";
  const std::string after =
      "pairs_file(units=characters, path=" + folder.write("b.tsv", lines(-200, 300)) + ", validation=0.2, test=0.1)";
  for (const Split split : {Split::kValidation, Split::kTest}) {
    const std::vector<std::string> few = items_of(before, split);
    const std::vector<std::string> many = items_of(after, split);
    const std::set<std::string> all(many.begin(), many.end());
    CHECK(few.size() > 10);
    for (const std::string& item : few) CHECK(all.count(item) == 1);
  }
  const std::string other = "pairs_file(units=characters, path=" + (folder / "a.tsv") + ", validation=0.3, test=0.1)";
  CHECK(items_of(before, Split::kTest) == items_of(other, Split::kTest));
  const std::string larger = "pairs_file(units=characters, path=" + (folder / "a.tsv") + ", validation=0.2, test=0.3)";
  CHECK(items_of(before, Split::kValidation) == items_of(larger, Split::kValidation));
  const std::string anew =
      "pairs_file(units=characters, path=" + (folder / "a.tsv") + ", validation=0.2, test=0.1, split_seed=2)";
  CHECK(items_of(before, Split::kTest) != items_of(anew, Split::kTest));
}

TEST_CASE("equal items are in one split, whatever their answers are") {
  const DataFolder folder;
  std::string text;
  for (int i = 0; i < 200; ++i) text += "w" + std::to_string(1000 + 7 * (i % 50)) + "\tx" + std::to_string(i) + "\n";
  const std::string path = folder.write("a.tsv", text);
  std::map<std::string, int> splits;
  for (const Split split : {Split::kValidation, Split::kTest}) {
    std::set<std::string> sources;
    for (const std::string& item :
         items_of("pairs_file(units=characters, path=" + path + ", validation=0.2, test=0.2)", split)) {
      sources.insert(item.substr(0, item.find(' ')));
    }
    CHECK(sources.size() > 5);
    for (const std::string& source : sources) ++splits[source];
  }
  for (const auto& one : splits) {
    CAPTURE(one.first);
    CHECK(one.second == 1);
  }
}

TEST_CASE("the same key gives the same batch, and another key another one") {
  const DataFolder folder;
  const std::string task = "pairs_file(units=characters, path=" + folder.write("a.tsv", lines(0, 200)) + ")";
  for (const Split split : kSplits) {
    const auto tokens = [&](Extent number) {
      Batch batch(8);
      batch.start_at(8 * number);
      fill_batch(*make_task(task), split, {.seed = 4, .number = number}, batch);
      return test::indices(batch.at("source"));
    };
    CHECK(tokens(0) == tokens(0));
    CHECK(tokens(0) != tokens(1));
  }
}

TEST_CASE("files of other splits leave path to the training, and are part of what a run is") {
  const DataFolder folder;
  const std::string train = folder.write("a.tsv", lines(0, 50));
  const std::string validation = folder.write("b.tsv", lines(50, 57));
  const std::string test = folder.write("c.tsv", lines(57, 60));
  const std::string text =
      "pairs_file(units=characters, path=" + train + ", validation_file=" + validation + ", test_file=" + test + ")";
  const auto task = make_task(text);
  const auto& listed = dynamic_cast<const data::ListedTask&>(*task);
  CHECK(listed.count(Split::kTrain) == 50);
  CHECK(listed.count(Split::kValidation) == 7);
  CHECK(listed.count(Split::kTest) == 3);
  const InputLog log;
  make_task(text);  // from what the first one has read
  REQUIRE(log.files().size() == 3);
  CHECK(log.files()[0].name == train);
}

TEST_CASE("what leaves a split without items is refused, and one that is not wanted may have none") {
  const DataFolder folder;
  const std::string path = folder.write("a.tsv", lines(0, 5));
  CHECK(test::is_clear(test::refusal("pairs_file(units=characters, path=" + path + ", validation=0.001, test=0)"),
                       "pairs_file"));
  CHECK(contains(test::refusal("pairs_file(units=characters, path=" + path + ", validation=0.001, test=0)"),
                 "validation items were expected; of 5 items in the files none is one"));
  CHECK(contains(test::refusal("pairs_file(units=characters, path=" + path + ", validation=0.5, test=0.5)"),
                 "validation and test take 1 of the file; set smaller shares."));
  CHECK(test::refusal("pairs_file") == "[pairs_file] the path of a file was expected; none came; set path=FILE.");
  CHECK(contains(test::refusal("pairs_file(units=characters, path=" + (folder / "no.tsv") + ")"),
                 "No such file or directory"));
  const auto task = make_task("pairs_file(units=characters, path=" + path + ", validation=0, test=0)");
  Batch batch(1);
  try {
    fill_batch(*task, Split::kTest, {}, batch);
    FAIL("a split without items was filled");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) ==
          "[pairs_file] test items were expected; there are none; set test above 0, give test_file, or set test_rows=0.");
  }
}

}  // namespace fovea
