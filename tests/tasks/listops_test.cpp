#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "framework/core/error.h"
#include "framework/files/input.h"
#include "framework/train/training.h"
#include "tasks/algorithmic/listops_expression.h"
#include "tasks/qa/filler.h"
#include "tasks/qa/generator.h"
#include "tasks/qa/vocabulary.h"
#include "tests/support/task_data.h"

namespace fovea {
namespace {

using listops::Expression;

std::vector<Index> tokens_of(const std::string& text) {
  std::vector<Index> tokens;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) {
    const auto found = std::find(listops::words().begin(), listops::words().end(), word);
    tokens.push_back(static_cast<Index>(found - listops::words().begin()));
  }
  return tokens;
}

Index value_of(const std::string& text) { return listops::value_of(tokens_of(text)); }

template <class Function>
std::string fault_of(const Function& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// A file with these lines, in a folder of this test.
std::string written(const std::string& lines) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "fovea_listops_test.tsv";
  std::ofstream(path) << lines;
  return path.string();
}

double mean_length(const std::vector<Expression>& expressions) {
  double total = 0;
  for (const Expression& one : expressions) total += static_cast<double>(one.tokens.size());
  return total / static_cast<double>(expressions.size());
}

std::vector<Expression> drawn(const listops::Limits& limits, int count) {
  Rng rng({.seed = 5});
  std::vector<Expression> made;
  for (int i = 0; i < count; ++i) made.push_back(listops::drawn(rng, limits));
  return made;
}

std::array<double, 10> shares(const std::vector<Expression>& expressions) {
  std::array<double, 10> shares{};
  for (const Expression& one : expressions) {
    shares[one.value] += 1 / static_cast<double>(expressions.size());
  }
  return shares;
}

}  // namespace

TEST_CASE("values of list operations, by hand") {
  CHECK(value_of("[MAX 2 9 [MIN 4 7 ] 0 ]") == 9);
  CHECK(value_of("[MIN 2 9 [MAX 4 7 ] 3 ]") == 2);
  CHECK(value_of("[MED 1 8 ]") == 4);
  CHECK(value_of("[MED 9 1 5 ]") == 5);
  CHECK(value_of("[MED 9 1 5 4 ]") == 4);
  CHECK(value_of("[SM 9 3 [SM 5 5 ] ]") == 2);
  CHECK(value_of("7") == 7);
}

TEST_CASE("what is not an expression is refused with its token") {
  CHECK(fault_of([] { value_of("[MAX 2 9"); }).find("as token 4; the end came") != std::string::npos);
  CHECK(fault_of([] { value_of("[MAX ]"); }).find("an argument was expected") != std::string::npos);
  CHECK(fault_of([] { value_of("2 3"); }).find("the end was expected as token 2; '3' came") != std::string::npos);
  CHECK(fault_of([] { value_of("]"); }).find("a digit or an operation was expected") != std::string::npos);
}

TEST_CASE("both forms of released files are read, without the parentheses of their trees") {
  const auto one = listops::read(written("Source\tTarget\n( ( ( [SM 9 ) 3 ) ] )\t2\n"));
  const auto other = listops::read(written("2\t( ( ( [SM 9 ) 3 ) ] )\n"));
  CHECK(one.size() == 1);
  CHECK(one[0].tokens == tokens_of("[SM 9 3 ]"));
  CHECK(other[0].tokens == one[0].tokens);
}

TEST_CASE("a wrong label and an unknown word are refused with their line") {
  const std::string wrong = fault_of([] { listops::read(written("2\t[SM 9 3 ]\n3\t[SM 9 3 ]\n")); });
  CHECK(wrong.find(".tsv:2]") != std::string::npos);
  CHECK(wrong.find("the value of the expression, 2, was expected as its label; '3' came") != std::string::npos);
  CHECK(fault_of([] { listops::read(written("2\t[SUM 9 3 ]\n")); }).find("'[SUM' came") != std::string::npos);
  CHECK(fault_of([] { listops::read("/no/such/file"); }).find("[/no/such/file] expected to open the file") !=
        std::string::npos);
}

TEST_CASE("the files of listops are regular ones with content, and each check tells the log of them") {
  const std::string file = written("2\t[SM 9 3 ]\n");
  const auto task = make_task("listops(test_file=" + file + ")");
  for (int i = 0; i < 2; ++i) {
    const InputLog log;
    task->check();
    REQUIRE(log.files().size() == 1);
    CHECK(log.files()[0].name == file);
  }
  CHECK(fault_of([] { make_task("listops(test_file=/dev/zero)"); }).find("expected a regular file") != std::string::npos);
  CHECK(fault_of([] { make_task("listops(test_file=/)"); }).find("it is a directory") != std::string::npos);
  CHECK(fault_of([] { listops::read(written("")); }).find("it is empty") != std::string::npos);
  CHECK(fault_of([] { listops::read(written("\n\n")); }).find("there are none") != std::string::npos);
  CHECK(fault_of([] { listops::read(written("[SM 9 3 ]")); }).find(".tsv:1]") != std::string::npos);
  CHECK(fault_of([] { listops::read(written("2\t[S\xe9\x01M 9 3 ]")); }).find("'[S\\xe9\\x01M' came") != std::string::npos);
}

TEST_CASE("a drawn expression has its value and keeps its limits") {
  for (const Expression& one : drawn({.depth = 6, .arguments = 5, .above = 10, .below = 120}, 500)) {
    CHECK(one.value == listops::value_of(one.tokens));
    CHECK(one.tokens.size() > 10);
    CHECK(one.tokens.size() < 120);
  }
}

TEST_CASE("all labels of the released expressions are their values, and drawn ones are similar") {
  const auto folder = test::released_data("listops");
  if (!folder) return;
  CHECK(listops::read(*folder / "orig_test_d20s.first9000.tsv").size() == 9000);
  CHECK(listops::read(*folder / "lra_train.tsv").size() == 1200);
  const std::vector<Expression> released = listops::read(*folder / "short_train.tsv");
  REQUIRE(released.size() == 6000);
  const std::vector<Expression> made = drawn({.depth = 6, .arguments = 5, .above = 10, .below = 120}, 6000);
  CHECK(mean_length(made) == doctest::Approx(mean_length(released)).epsilon(0.05));
  // Two shares of 6000 expressions differ by 0.02 once in a few hundred times.
  for (std::size_t digit = 0; digit < 10; ++digit) CHECK(std::abs(shares(made)[digit] - shares(released)[digit]) < 0.02);
}

TEST_CASE("listops puts an expression at the front and asks at its last token") {
  Batch batch(6);
  fill_batch(*make_task("listops(min_length=5, max_length=40)"), Split::kTrain, {1, stream_of("test"), 3}, batch);
  for (Extent b = 0; b < 6; ++b) {
    const Index* row = batch.at("tokens").index() + b * 39;
    const Extent length = std::count(batch.at("mask").index() + b * 39, batch.at("mask").index() + (b + 1) * 39, 1);
    CHECK(std::count(row, row + length, 0) == 0);
    CHECK(std::count(row + length, row + 39, 0) == 39 - length);
    CHECK(batch.at("places").index()[b] == length - 1);
    CHECK(batch.at("targets").index()[b] == listops::value_of({row, static_cast<std::size_t>(length)}) + 1);
  }
}

TEST_CASE("an evaluation of released expressions asks each once, from the first on") {
  const std::string file = written("2\t[SM 9 3 ]\n9\t[MAX 9 3 ]\n3\t[MIN 9 3 ]\n");
  Batch batch(2);
  batch.start_at(1);
  const auto task = make_task("listops(train_file=" + file + ", validation_file=" + file + ", test_file=" + file + ")");
  fill_batch(*task, Split::kTest, {1, stream_of("test"), 3}, batch);
  CHECK(batch.at("targets").index()[0] == 10);
  CHECK(batch.at("targets").index()[1] == 4);
}

TEST_CASE("the facts of needle are among other sentences, in their order, and those that support are marked") {
  Batch batch(20);
  const auto task = make_task("needle(length=120, task=2)");
  fill_batch(*task, Split::kTrain, {1, stream_of("test"), 3}, batch);
  const Tensor support = batch.at("support");
  for (Extent b = 0; b < 20; ++b) {
    const std::string text = task->text(batch, b);
    CAPTURE(text);
    const Extent words = std::count(support.index() + b * 120, support.index() + (b + 1) * 120, 1);
    CHECK(words >= 4);
    CHECK(text.find("? ->") != std::string::npos);
    CHECK(text.find(" [.]") != std::string::npos);
    CHECK(batch.at("places").index()[b] == 119);
  }
}

TEST_CASE("no word of the filler of needle except the article occurs in a story") {
  const std::vector<std::string> words = qa::filler_words();
  const std::set<std::string> of_filler(words.begin(), words.end());
  for (Extent task = 1; task <= 20; ++task) {
    CAPTURE(task);
    for (const qa::Story& story : qa::generate({.task = task, .questions = 50})) {
      for (const qa::Line& line : story) {
        for (const qa::Token& token : qa::tokens_of(line.text)) {
          CHECK((token.text == "the" || of_filler.count(token.text) == 0));
        }
      }
    }
  }
}

}  // namespace fovea
