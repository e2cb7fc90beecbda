#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/train/training.h"
#include "tasks/language/number_symbols.h"
#include "tasks/language/number_words.h"

using namespace fovea;

namespace {

Batch filled(const std::string& task, Extent rows, Split split, std::uint64_t seed = 1) {
  Batch batch(rows);
  fill_batch(*make_task(task), split, {.seed = seed}, batch);
  return batch;
}

Batch read(const std::string& task, const std::string& line) {
  Batch batch(1);
  CHECK(make_task(task)->item_reader()->read(line, batch));
  return batch;
}

}  // namespace

TEST_CASE("an item is a tag with digits and the name with its end, or the other way round") {
  const Batch batch = read("number_names(languages=fr+en, digits=3)", "fr 71");
  CHECK(make_task("number_names(languages=fr+en, digits=3)")->text(batch, 0) == "fr 71 -> soixante et onze\n");
  CHECK(batch.at("source").shape() == Shape{1, 4});
  const Tensor targets = batch.at("targets");
  CHECK(targets.shape() == Shape{1, 34});  // "quatre cent quatre-vingt-dix-sept" has 33
  CHECK(targets.index()[16] == number_words::kEnd);
  CHECK(targets.index()[17] == -1);
  const Batch back = read("number_names(languages=fr, digits=3, direction=to_digits)", "fr soixante et onze");
  CHECK(back.at("source").index()[0] == number_words::tag_symbol(2));
  CHECK(back.at("targets").shape() == Shape{1, 4});
}

TEST_CASE("the longest name has room in every language, and no more") {
  for (Extent language = 0; language < 7; ++language) {
    const auto& rules = number_words::languages()[static_cast<std::size_t>(language)];
    for (const Extent digits : {2, 3, 4, 5}) {
      std::size_t longest = 0;
      Extent limit = 1;
      for (Extent i = 0; i < digits; ++i) limit *= 10;
      for (Extent number = 0; number < limit; ++number) {
        longest = std::max(longest, number_words::symbols_of(rules.name(number)).size());
      }
      CAPTURE(rules.tag);
      CHECK(number_words::longest_name(language, digits) == static_cast<Extent>(longest));
    }
  }
}

TEST_CASE("a number is in one split in all languages, and few training numbers are always the same ones") {
  std::map<std::string, std::set<std::string>> splits;
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const auto task = make_task("number_names(digits=3)");
    const Batch batch = filled("number_names(digits=3)", 2000, split);
    for (Extent row = 0; row < 2000; ++row) {
      const std::string text = task->text(batch, row);
      splits[text.substr(3, text.find(" ->") - 3)].insert(std::to_string(static_cast<int>(split)));
    }
  }
  for (const auto& [number, found] : splits) CHECK(found.size() == 1);
  std::set<std::string> numbers;
  const std::string few = "number_names(languages=en, digits=2, train_numbers=40)";
  for (const std::uint64_t seed : {1, 2}) {
    const Batch batch = filled(few, 1000, Split::kTrain, seed);
    for (Extent row = 0; row < 1000; ++row) numbers.insert(make_task(few)->text(batch, row));
  }
  CHECK(numbers.size() == 40);
}

TEST_CASE("one training number in four has its digits drawn first, and those of the other splits are uniform") {
  const auto short_ones = [](Split split) {
    const Batch batch = filled("number_names", 4000, split);
    const Tensor source = batch.at("source");
    int count = 0;
    for (Extent row = 0; row < 4000; ++row) count += source.index()[row * 7 + 4] == number_words::kEnd ? 1 : 0;
    return count;
  };
  CHECK(std::abs(short_ones(Split::kTrain) - 500) < 110);  // 1 of 8 has at most three digits; five deviations
  CHECK(short_ones(Split::kTest) < 20);
}

TEST_CASE("an answer counts up to its end, by edits where it is wrong") {
  const std::string text = "number_names(languages=en, digits=2)";
  const Batch batch = read(text, "en 10");
  const Tensor targets = batch.at("targets");
  std::vector<Index> answers(targets.index(), targets.index() + targets.size());
  for (Index& answer : answers) answer = std::max(answer, Index{5});  // what follows the end does not count
  answers[3] = number_words::kEnd;
  const auto task = make_task(text);
  CHECK(task->judge(batch, {{"answers", {answers.data(), targets.type}}}).metrics[0].rows[0] == 1);
  CHECK(task->answer(batch, {{"answers", {answers.data(), targets.type}}}, 0) == "ten\n");
  answers[0] = number_words::symbols_of("m")[0];
  answers[2] = number_words::kEnd;
  const auto judgement = task->judge(batch, {{"answers", {answers.data(), targets.type}}});
  CHECK(judgement.metrics[0].rows[0] == 0);
  CHECK(judgement.metrics[1].rows[0] == doctest::Approx(0.5));      // "e", and the end in its place
  CHECK(judgement.metrics[2].rows[0] == doctest::Approx(2.0 / 3));  // "me" for "ten": one replaced, one put in
  CHECK(judgement.slices[0] == "en");
}

TEST_CASE("lines that are no item, and options that do not fit, are errors that say what to do") {
  const auto refuse = [](const std::string& task, const std::string& line, const char* part) {
    Batch batch(1);
    CHECK_THROWS_WITH_AS(make_task(task)->item_reader()->read(line, batch), doctest::Contains(part), Error);
  };
  refuse("number_names(digits=3)", "fr 1234", "1 to 3 digits");
  refuse("number_names(digits=3)", "fr 012", "leading zeros");
  refuse("number_names(digits=3)", "fr", "1 to 3 digits");
  refuse("number_names(digits=3)", "fr -3", "whole number");
  refuse("number_names(digits=3)", "xx 12", "no 'xx'");
  refuse("number_names(digits=3, languages=en+de)", "fr 12", "'en+de'");
  refuse("number_names(digits=3, direction=to_digits)", "en Ten", "lower case");
  CHECK_THROWS_WITH_AS(make_task("number_names(languages=en+xx)"), doctest::Contains("no 'xx'"), Error);
  CHECK_THROWS_WITH_AS(make_task("number_names(digits=2, train_numbers=41)"), doctest::Contains("at most 40"), Error);
}
