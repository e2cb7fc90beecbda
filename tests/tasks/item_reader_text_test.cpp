// Texts, dates and images as users write them.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "tests/tasks/item_reader_check.h"

namespace fovea {
namespace {

using test::answer_of;
using test::badly_answered;
using test::drawn_items;
using test::indexes_of;
using test::is_row_of;
using test::read_item;
using test::reals_of;

/// A file of text that goes with its life.
class TextOfOwn {
 public:
  TextOfOwn() : path_((std::filesystem::temp_directory_path() / "fovea_item_reader_test.txt").string()) {
    std::ofstream file(path_);
    for (int i = 0; i < 200; ++i) file << "to be, or not to be, that is question " << i << "\t\xC3\xA9\n";
  }
  ~TextOfOwn() { std::filesystem::remove(path_); }
  std::string task() const { return "text_file(path=" + path_ + ", length=12)"; }

 private:
  std::string path_;
};

/// Whether drawn texts are read again as they were drawn; `text` writes one. The last target is not known.
bool texts_come_back(const std::string& task, Extent length, const std::function<std::string(const Index*)>& text) {
  const Batch drawn = drawn_items(task, 20);
  for (Extent row = 0; row < 20; ++row) {
    const Batch read = read_item(task, {text(indexes_of(drawn, "text", row))});
    const Index* target = indexes_of(read, "target", 0);
    if (!is_row_of(drawn, row, read, {"text"})) return false;
    if (!std::equal(target, target + length - 1, indexes_of(drawn, "target", row))) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("dates come back as they were drawn, and are answered by the characters of the output") {
  const Batch drawn = drawn_items("date_translation", 50);
  for (Extent row = 0; row < 50; ++row) {
    const Index* source = indexes_of(drawn, "source", row);
    const Batch read = read_item("date_translation", {" " + std::string(source, std::find(source, source + 34, 0)) + " "});
    CHECK(is_row_of(drawn, row, read, {"source"}));
    CHECK(read.types() == drawn_items("date_translation", 1).types());
  }
  const Batch item = read_item("date_translation", {"3.3.21"});
  const std::vector<Index> answer{2, 0, 2, 1, 10, 0, 3, 10, 0, 3};
  CHECK(answer_of<Index>("date_translation", item, "answers", {1, 10}, answer) == "2021-03-03\n");
}

TEST_CASE("texts come back as they were drawn, each character with the next one") {
  CHECK(texts_come_back("domain_text(length=15)", 15, [](const Index* text) {
    std::string letters;
    for (Extent t = 1; t < 15; ++t) letters += " abcdefghijklmnopqrstuvwxyz"[text[t]];
    return letters;
  }));
  const TextOfOwn own;
  const Batch drawn = drawn_items(own.task(), 1);
  const std::string bytes{"be,\t\xC3\xA9 not"};
  const Batch read = read_item(own.task(), {bytes});
  CHECK(read.at("text").shape() == Shape{1, 10});
  CHECK(std::equal(bytes.begin(), bytes.end(), indexes_of(read, "text", 0),
                   [](char byte, Index number) { return static_cast<unsigned char>(byte) == number; }));
  CHECK(indexes_of(read, "target", 0)[0] == 'e');
}

TEST_CASE("the three most probable next characters are told with their probabilities") {
  std::vector<Real> scores(2 * 27, Real(-100));
  scores[27 + 5] = static_cast<Real>(std::log(0.6));
  scores[27 + 0] = static_cast<Real>(std::log(0.3));
  scores[27 + 26] = static_cast<Real>(std::log(0.1));
  const Batch item = read_item("domain_text", {"a"});
  CHECK(answer_of<Real>("domain_text", item, "scores", {1, 2, 27}, scores) == "e 60 %, ' ' 30 %, z 10 %\n");
}

TEST_CASE("digits of a grid are painted in their regions") {
  const std::string task = "glimpse(grid=3, digits=2, noise=0, specks=0)";
  const Batch drawn = drawn_items(task, 10);
  for (Extent row = 0; row < 10; ++row) {
    std::string grid(9, '.');
    for (Extent i = 0; i < 2; ++i) {
      grid[static_cast<std::size_t>(indexes_of(drawn, "regions", row)[i])] =
          static_cast<char>('0' + indexes_of(drawn, "targets", row)[i]);
    }
    const Batch read = read_item(task, {grid.insert(6, " ").insert(3, " ")});
    CHECK(is_row_of(drawn, row, read, {"regions", "targets"}));
    const auto ink = [](const Real* image) { return std::count_if(image, image + 576, [](Real one) { return one > 0; }); };
    CHECK(ink(reals_of(read, "image", 0)) == ink(reals_of(drawn, "image", row)));
  }
  CHECK(answer_of<Index>(task, read_item(task, {"7.. ... ..1"}), "answers", {1, 2}, {7, 1}) == "7 1\n");
}

TEST_CASE("chosen items and choices are answered by what is more probable") {
  const Batch subset = drawn_items("nearest_subset(items=4, k=2)", 1);
  CHECK(answer_of<Real>("nearest_subset(items=4, k=2)", subset, "marginals", {1, 4}, {0.1F, 0.9F, 0.2F, 0.8F}) ==
        "items 1 3\n");
  const Batch choices = drawn_items("polynomial(choices=3)", 1);
  CHECK(answer_of<Real>("polynomial(choices=3)", choices, "probability", {1, 3}, {0.1F, 0.9F, 0.2F}) == "010\n");
}

TEST_CASE("what is no date, text or image is answered by one line") {
  CHECK(badly_answered({
            {"date_translation", {"3. M\xC3\xA4rz 2021"}, "ASCII"},
            {"date_translation", {"on the third of March in the year two thousand"}, "at most 34 characters"},
            {"domain_text", {"ab C"}, "column 4"},
            {"domain_text", {"a\xC3\xA9"}, "column 2"},
            {"glimpse(grid=2, digits=1)", {"1. .."}, ""},
            {"glimpse(grid=2, digits=2)", {"1. .."}, "2 digits in all"},
            {"glimpse(grid=2, digits=1)", {"1. ...."}, "2 words"},
            {"glimpse(grid=2, digits=1)", {"1. x."}, "2 words"},
        }) == "glimpse(grid=2, digits=1) <- 1. .. : \n");  // that one is an item
}

}  // namespace fovea
