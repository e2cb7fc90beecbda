#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <vector>

#include "framework/core/error.h"
#include "framework/task.h"
#include "framework/train/training.h"

namespace fovea {
namespace {

Batch filled(const std::string& task, Split split, std::uint64_t seed, Extent rows = 8) {
  Batch batch(rows);
  fill_batch(*make_task(task), split, {seed, stream_of("test"), 3}, batch);
  return batch;
}

Real at(const Tensor& tensor, Extent row, Extent step, Extent channel) {
  return tensor.real()[(row * tensor.shape()[1] + step) * tensor.shape()[2] + channel];
}

std::vector<Real> bits_at(const Tensor& tensor, Extent row, Extent step, Extent count) {
  std::vector<Real> bits;
  for (Extent i = 0; i < count; ++i) bits.push_back(at(tensor, row, step, i));
  return bits;
}

/// The steps that are judged, [first, T).
Extent first_judged(const Batch& batch) {
  const Tensor mask = batch.at("mask");
  const Extent steps = mask.shape()[1];
  const Extent first = std::find(mask.index(), mask.index() + steps, Index(1)) - mask.index();
  for (Extent row = 0; row < batch.rows(); ++row) {
    for (Extent t = 0; t < steps; ++t) CHECK(mask.index()[row * steps + t] == (t < first ? 0 : 1));
  }
  return first;
}

/// The judgement of scores that are `scale` for a 1 and -scale for a 0, the first bit of row 0 that is judged inverted.
Judgement judged(const std::string& task, const Batch& batch, Real scale, bool is_one_wrong) {
  const Tensor target = batch.at("target");
  std::vector<Real> scores;
  for (Extent i = 0; i < target.size(); ++i) scores.push_back(target.real()[i] != 0 ? scale : -scale);
  if (is_one_wrong) scores[first_judged(batch) * target.shape()[2]] *= -1;
  return make_task(task)->judge(batch, {{"scores", {scores.data(), target.type}}});
}

}  // namespace

TEST_CASE("copy shows its vectors between two marks and wants them again, in order") {
  const Batch batch = filled("copy(min_length=4, max_length=4, bits=5)", Split::kTrain, 1);
  const Tensor input = batch.at("input");
  CHECK(input.shape() == Shape{8, 10, 7});
  CHECK(first_judged(batch) == 6);
  for (Extent row = 0; row < 8; ++row) {
    CHECK(bits_at(input, row, 0, 7) == std::vector<Real>{0, 0, 0, 0, 0, 1, 0});
    CHECK(bits_at(input, row, 5, 7) == std::vector<Real>{0, 0, 0, 0, 0, 0, 1});
    for (Extent i = 0; i < 4; ++i) CHECK(bits_at(input, row, 1 + i, 5) == bits_at(batch.at("target"), row, 6 + i, 5));
  }
}

TEST_CASE("repeat_copy wants its vectors as often as the number says, and then a mark") {
  const Batch batch = filled("repeat_copy(min_length=3, max_length=3, test_repeats=4, bits=5)", Split::kTest, 1);
  const Tensor target = batch.at("target");
  CHECK(target.shape() == Shape{8, 18, 6});
  CHECK(first_judged(batch) == 5);
  const double deviation = std::sqrt(99 / 12.0);
  for (Extent row = 0; row < 8; ++row) {
    CHECK(at(batch.at("input"), row, 4, 6) == doctest::Approx((4 - 5.5) / deviation));
    for (Extent i = 0; i < 12; ++i) {
      CHECK(bits_at(target, row, 5 + i, 5) == bits_at(batch.at("input"), row, 1 + i % 3, 5));
      CHECK(at(target, row, 5 + i, 5) == 0);
    }
    CHECK(bits_at(target, row, 17, 6) == std::vector<Real>{0, 0, 0, 0, 0, 1});
  }
  CHECK(judged("repeat_copy", batch, 3, false).slices[0] == "length=3,repeats=4");
}

TEST_CASE("associative_recall wants the item after the one that is asked for, and its items differ") {
  const Batch batch = filled("associative_recall(min_items=5, max_items=5, bits=2, vectors=2)", Split::kTrain, 1);
  const Tensor input = batch.at("input");
  CHECK(input.shape() == Shape{8, 21, 4});
  CHECK(first_judged(batch) == 19);
  const auto item = [](const Tensor& tensor, Extent row, Extent step) {
    std::vector<Real> bits = bits_at(tensor, row, step, 2);
    const std::vector<Real> second = bits_at(tensor, row, step + 1, 2);
    bits.insert(bits.end(), second.begin(), second.end());
    return bits;
  };
  for (Extent row = 0; row < 8; ++row) {
    std::vector<std::vector<Real>> items;
    for (Extent i = 0; i < 5; ++i) items.push_back(item(input, row, 3 * i + 1));
    CHECK(std::set<std::vector<Real>>(items.begin(), items.end()).size() == 5);
    const auto asked = std::find(items.begin(), items.end(), item(input, row, 16));
    REQUIRE(asked < items.end() - 1);
    CHECK(item(batch.at("target"), row, 19) == *(asked + 1));
    for (Extent t = 0; t < 21; ++t) {
      CHECK(at(input, row, t, 2) == (t < 15 && t % 3 == 0 ? 1 : 0));
      CHECK(at(input, row, t, 3) == (t == 15 || t == 18 ? 1 : 0));
    }
  }
}

TEST_CASE("priority_sort wants the vectors of the highest priorities, highest first") {
  const Batch batch = filled("priority_sort(vectors=6, told=4, bits=12)", Split::kTrain, 1);
  const Tensor input = batch.at("input");
  CHECK(first_judged(batch) == 7);
  for (Extent row = 0; row < 8; ++row) {
    std::vector<std::pair<Real, Extent>> order;
    for (Extent i = 0; i < 6; ++i) order.emplace_back(at(input, row, i, 12), i);
    std::sort(order.rbegin(), order.rend());
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(bits_at(batch.at("target"), row, 7 + static_cast<Extent>(i), 12) == bits_at(input, row, order[i].second, 12));
    }
    CHECK(at(input, row, 6, 13) == 1);
  }
}

TEST_CASE("dynamic_ngrams reports the cost of the best predictor, counted by hand for n = 1") {
  const std::string task = "dynamic_ngrams(n=1, length=4)";
  const Batch batch = filled(task, Split::kTrain, 1, 2);
  std::vector<Real> bits{1, 1, 0};
  std::copy(bits.begin(), bits.end(), batch.at("target").real());
  const Judgement judgement = judged(task, batch, 0, false);  // scores of 0: one bit each
  CHECK(judgement.metrics[1].rows[0] == doctest::Approx(3));
  // (1/2) / 1, (3/2) / 2, and of a 0 after two 1 (1/2) / 3
  CHECK(judgement.metrics[2].rows[0] == doctest::Approx(-std::log2(0.5 * 0.75 / 6)));
  CHECK(judgement.metrics[0].rows[0] == doctest::Approx(-std::log2(0.5 * 0.75 / 6) / 3));
}

TEST_CASE("the best predictor of dynamic_ngrams needs about the entropy of the tables, far less than a bit for each") {
  const std::string task = "dynamic_ngrams(length=1000)";
  const Batch batch = filled(task, Split::kTrain, 1, 64);
  CHECK(first_judged(batch) == 4);
  const Judgement judgement = judged(task, batch, 0, false);
  double share = 0;
  for (const double row : judgement.metrics[0].rows) share += row / 64;
  // An entry from Beta(1/2, 1/2) has 2 - 1 / ln 2 = 0.557 bits on average; sequences stay where they are easy to predict.
  CHECK(share > 0.45);
  CHECK(share < 0.6);
}

TEST_CASE("a bit is wrong where its score has the other sign, and an exact sequence has none") {
  for (const char* task : {"copy", "repeat_copy", "associative_recall", "priority_sort"}) {
    CAPTURE(task);
    const Batch batch = filled(task, Split::kValidation, 2);
    const Judgement right = judged(task, batch, 3, false);
    const Judgement wrong = judged(task, batch, 3, true);
    CHECK(right.metrics[0].name == "exact");
    CHECK(right.metrics[1].rows == std::vector<double>(8, 0));
    CHECK(wrong.metrics[0].rows == std::vector<double>{0, 1, 1, 1, 1, 1, 1, 1});
    CHECK(wrong.metrics[1].rows[0] == 1);
    CHECK(wrong.metrics[2].rows[0] - right.metrics[2].rows[0] == doctest::Approx(3 / std::log(2.0)));
    CHECK(judged(task, batch, 0, false).metrics[0].rows == std::vector<double>(8, 0));  // undecided is not right
  }
}

TEST_CASE("sizes lie in their range, a mixed curriculum shows small ones more often, and the test has its own") {
  const auto mean_length = [](const std::string& curriculum, Split split) {
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      const Batch batch = filled("copy(min_length=3, max_length=20, curriculum=" + curriculum + ")", split, seed, 1);
      const Extent length = batch.at("input").shape()[1] / 2 - 1;
      CHECK(length >= 3);
      CHECK(length <= 20);
      sum += static_cast<double>(length) / 400;
    }
    return sum;
  };
  CHECK(mean_length("uniform", Split::kTrain) == doctest::Approx(11.5).epsilon(0.08));
  CHECK(mean_length("mixed", Split::kTrain) == doctest::Approx(7.25).epsilon(0.08));
  CHECK(mean_length("mixed", Split::kTest) == doctest::Approx(11.5).epsilon(0.08));
  CHECK(filled("copy(test_length=31)", Split::kTest, 1).at("input").shape()[1] == 64);
}

TEST_CASE("algorithmic tasks refuse sizes that make no task") {
  for (const char* task :
       {"copy(min_length=5, max_length=4)", "associative_recall(min_items=1)", "associative_recall(test_items=1)",
        "associative_recall(bits=1, vectors=1)", "priority_sort(told=30)", "dynamic_ngrams(n=6, length=6)"}) {
    CAPTURE(task);
    CHECK_THROWS_AS(make_task(task), Error);
  }
}

TEST_CASE("an item of an algorithmic task is printed with time to the right") {
  const Batch batch = filled("copy(min_length=2, max_length=2, bits=1)", Split::kTrain, 1, 1);
  const Real first = at(batch.at("input"), 0, 1, 0);
  const Real second = at(batch.at("input"), 0, 2, 0);
  const std::string told = std::string(first != 0 ? "#" : ".") + (second != 0 ? "#" : ".");
  CHECK(make_task("copy")->text(batch, 0) ==
        "input   0 |." + told + "...|\n        1 |#.....|\n        2 |...#..|\ntarget  0 |    " + told + "|\n");
}

}  // namespace fovea
