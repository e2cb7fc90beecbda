#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <vector>

#include "framework/train/training.h"

namespace {

using fovea::Batch;
using fovea::Extent;
using fovea::Index;
using fovea::make_task;
using fovea::Split;
using fovea::Tensor;

Batch filled(Extent rows, Split split) {
  Batch batch(rows);
  fill_batch(*make_task("date_translation"), split, {.seed = 1}, batch);
  return batch;
}

std::string source_of(const Batch& batch, Extent row) {
  const Tensor source = batch.at("source");
  std::string text;
  for (Extent i = 0; i < source.shape()[1]; ++i) {
    const Index letter = source.index()[row * source.shape()[1] + i];
    if (letter != 0) text += static_cast<char>(std::tolower(letter));
  }
  return text;
}

std::string target_of(const Batch& batch, Extent row) {
  std::string text;
  for (Extent i = 0; i < 10; ++i) text += "0123456789-"[batch.at("targets").index()[row * 10 + i]];
  return text;
}

/// The numbers of a text, in their order.
std::vector<int> numbers_of(const std::string& text) {
  std::vector<int> numbers;
  bool goes_on = false;
  for (const char letter : text) {
    const bool is_digit = std::isdigit(static_cast<unsigned char>(letter)) != 0;
    if (is_digit && !goes_on) numbers.push_back(0);
    if (is_digit) numbers.back() = 10 * numbers.back() + (letter - '0');
    goes_on = is_digit;
  }
  return numbers;
}

/// The month that a text names, 1 to 12; 0: none.
int month_in(const std::string& text) {
  static constexpr const char* kNames[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                           "jul", "aug", "sep", "oct", "nov", "dec"};
  for (int month = 1; month <= 12; ++month) {
    if (text.find(kNames[month - 1]) != std::string::npos) return month;
  }
  return 0;
}

/// Reads a source by the conventions that the task states: year, month, day.
std::vector<int> read(const std::string& text) {
  const std::vector<int> numbers = numbers_of(text);
  if (numbers.size() == 1) return {numbers[0] / 10000, numbers[0] / 100 % 100, numbers[0] % 100};
  const bool is_year_first = numbers[0] > 31;
  const int year = is_year_first ? numbers[0] : numbers.back();
  const int century = year >= 100 ? 0 : year >= 69 ? 1900 : 2000;
  if (numbers.size() == 3) return {century + year, numbers[1], is_year_first ? numbers[2] : numbers[0]};
  return {century + year, month_in(text), is_year_first ? numbers[1] : numbers[0]};
}

/// 0: Sunday; by the congruence of Zeller.
int weekday_of(int year, int month, int day) {
  const int shifted = month < 3 ? month + 12 : month;
  const int of = month < 3 ? year - 1 : year;
  const int zeller = (day + 13 * (shifted + 1) / 5 + of + of / 4 - of / 100 + of / 400) % 7;  // 0: Saturday
  return (zeller + 6) % 7;
}

}  // namespace

TEST_CASE("every source, read by the stated conventions, is its target") {
  const Batch batch = filled(4000, Split::kTrain);
  for (Extent row = 0; row < batch.rows(); ++row) {
    const std::string target = target_of(batch, row);
    CAPTURE(source_of(batch, row));
    CAPTURE(target);
    CHECK(read(source_of(batch, row)) ==
          std::vector<int>{std::stoi(target.substr(0, 4)), std::stoi(target.substr(5, 2)), std::stoi(target.substr(8, 2))});
  }
}

TEST_CASE("weekdays are those of their dates") {
  CHECK(weekday_of(2021, 3, 3) == 3);  // a Wednesday
  CHECK(weekday_of(1969, 7, 20) == 0);
  static constexpr const char* kNames[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  const Batch batch = filled(1000, Split::kTrain);
  int found = 0;
  for (Extent row = 0; row < batch.rows(); ++row) {
    const std::string source = source_of(batch, row);
    const auto name = std::find(std::begin(kNames), std::end(kNames), source.substr(0, 3));
    if (name == std::end(kNames)) continue;
    const std::string target = target_of(batch, row);
    CHECK(name - std::begin(kNames) ==
          weekday_of(std::stoi(target.substr(0, 4)), std::stoi(target.substr(5, 2)), std::stoi(target.substr(8, 2))));
    ++found;
  }
  CHECK(found > 100);
}

TEST_CASE("all forms are in each split") {
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const Batch batch = filled(5000, split);
    const Index* forms = batch.at("form").index();
    CHECK(std::set<Index>(forms, forms + 5000).size() == 10);
  }
}

TEST_CASE("one wrong character fails its own row only") {
  const Batch batch = filled(2, Split::kTest);
  const Tensor targets = batch.at("targets");
  std::vector<Index> answers(targets.index(), targets.index() + 20);
  answers[3] = answers[3] == 1 ? 2 : 1;
  const auto judgement = make_task("date_translation")->judge(batch, {{"answers", {answers.data(), targets.type}}});
  CHECK(judgement.metrics[0].rows == std::vector<double>{0, 1});
  CHECK(judgement.metrics[1].rows[0] == doctest::Approx(0.9));
}

TEST_CASE("years in the wrong order are an error") {
  CHECK_THROWS_WITH_AS(make_task("date_translation(first_year=2000, last_year=1999)"), doctest::Contains("exchange"),
                       fovea::Error);
}
