// What tasks that break their contract, and mistakes in reading batches and outputs, are answered by.
#include <doctest/doctest.h>

#include <functional>
#include <stdexcept>

#include "framework/core/error.h"
#include "framework/task.h"

namespace fovea {
namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// Fills and judges as the test says.
class Odd final : public Task {
 public:
  using Fill = std::function<void(Batch&)>;
  using Judge = std::function<Judgement(const Batch&, const Outputs&)>;

  explicit Odd(Fill fill, Judge judge = {}) : fill_(std::move(fill)), judge_(std::move(judge)) {}
  void fill(Rng&, Split, Batch& batch) const override { fill_(batch); }
  Judgement judge(const Batch& batch, const Outputs& outputs) const override { return judge_(batch, outputs); }

 private:
  Fill fill_;
  Judge judge_;
};

std::string fill_failure(const Odd::Fill& fill) {
  Batch batch(4);
  return failure_of([&] { fill_batch(Odd(fill), Split::kTrain, {}, batch); });
}

std::string judge_failure(const Odd::Judge& judge) {
  const Batch batch(4);
  return failure_of([&] { judge_batch(Odd({}, judge), batch, {}, 4); });
}

}  // namespace

TEST_CASE("a task that throws is named with the function") {
  CHECK(holds(fill_failure([](Batch&) { throw std::runtime_error("connection lost"); }),
              "[task, fill] no exception but fovea::Error was expected; 'connection lost' came"));
  CHECK(
      holds(fill_failure([](Batch&) { throw 7; }), "[task, fill] no exception but fovea::Error was expected; one without"));
  CHECK(fill_failure([](Batch&) { throw Error("line 3", "a word was expected; none came."); }) ==
        "[line 3] a word was expected; none came.");
  CHECK(fill_failure([](Batch&) { throw Error("a word was expected; none came."); }) ==
        "[task, fill] a word was expected; none came.");
  CHECK(holds(judge_failure([](const Batch&, const Outputs&) -> Judgement { throw 7; }), "[task, judge] no exception but"));
}

TEST_CASE("a batch has the rows that were asked for, and what was made for it") {
  CHECK(holds(fill_failure([](Batch&) {}), "[task, fill] at least one tensor was expected; none came"));
  for (const Extent rows : {Extent{0}, Extent{3}, Extent{5}}) {
    CHECK(holds(fill_failure([rows](Batch& batch) {
                  batch.make("x", {{rows, 2}, Kind::kReal});
                }),
                "'x' must have the 4 rows of the batch as its first axis"));
  }
  CHECK(holds(fill_failure([](Batch& batch) { batch.make("x", {{4, -4}, Kind::kReal}); }), "an extent is >= 0"));
  CHECK(holds(fill_failure([](Batch& batch) { batch.make("x", {{4, Extent{1} << 62}, Kind::kReal}); }), "at most 2^46"));
  CHECK(holds(fill_failure([](Batch& batch) {
                batch.make("x", {{4, Extent{1} << 43}, Kind::kReal});
              }),
              "was expected to fit; "));
}

TEST_CASE("a tensor has one type while a batch is filled, because a second one would take its memory away") {
  const auto twice = [](const Type& second) {
    return fill_failure([&](Batch& batch) {
      batch.make("x", {{4, 2}, Kind::kReal});
      batch.make("x", second);
    });
  };
  CHECK(twice({{4, 2}, Kind::kReal}).empty());
  CHECK(holds(twice({{4, 2, 2}, Kind::kReal}), "it was Real [4, 2] and is now Real [4, 2, 2]; make it once"));
  CHECK(holds(twice({{4, 2}, Kind::kIndex}), "it was Real [4, 2] and is now Index [4, 2]; make it once"));
  Batch batch(4);  // another batch may have other lengths
  for (const Extent length : {2, 9, 3}) {
    fill_batch(Odd([length](Batch& one) { one.make("x", {{4, length}, Kind::kReal}); }), Split::kTrain, {}, batch);
    CHECK(batch.at("x").shape()[1] == length);
  }
  CHECK_NOTHROW(batch.make("x", {{4, 30}, Kind::kReal}));
}

TEST_CASE("what a task does not make again is not there, instead of being that of an earlier batch") {
  Batch batch(4);
  bool makes_target = true;
  const Odd task([&](Batch& one) {
    one.make("x", {{4, 2}, Kind::kReal});
    if (makes_target) one.make("t", {{4}, Kind::kIndex});
  });
  fill_batch(task, Split::kTrain, {}, batch);
  CHECK(batch.has("t"));
  makes_target = false;
  fill_batch(task, Split::kTrain, {}, batch);
  CHECK(!batch.has("t"));
  CHECK(batch.types().size() == 1);
  CHECK(holds(failure_of([&] { batch.at("t"); }), "a tensor 't' was expected in every batch; this time the task has not"));
  CHECK(holds(failure_of([&] { batch.at("y"); }), "a tensor 'y' was expected (contracts_test.cpp:"));
  CHECK(holds(failure_of([&] { batch.at("y"); }), "known: x."));
}

TEST_CASE("a judgement has a metric and a value for each item") {
  const std::vector<double> four(4, 1.0);
  CHECK(judge_failure([&](const Batch&, const Outputs&) { return Judgement{{{"accuracy", four}}, {}}; }).empty());
  CHECK(holds(judge_failure([](const Batch&, const Outputs&) { return Judgement{}; }), "at least one metric was expected"));
  for (const std::size_t rows : {0U, 3U, 5U}) {
    CHECK(holds(judge_failure([&](const Batch&, const Outputs&) {
                  return Judgement{{{"accuracy", std::vector<double>(rows, 1.0)}}, {}};
                }),
                "the metric 'accuracy' was expected to have one value for each item, 4 in all; " + std::to_string(rows)));
  }
  CHECK(holds(judge_failure([&](const Batch&, const Outputs&) {
                return Judgement{{{"a", four}, {"a", four}}, {}};
              }),
              "metrics of different names were expected; 'a' came twice"));
  CHECK(holds(judge_failure([&](const Batch&, const Outputs&) {
                return Judgement{{{"a", four}}, {"x"}};
              }),
              "the list of slices was expected to have one value for each item, 4 in all; 1 came"));
}

TEST_CASE("a missing output is answered by the line that asked, and by the outputs that there are") {
  std::vector<Real> memory(8);
  const Outputs outputs{{"answers", {memory.data(), {{4}, Kind::kIndex}}},
                        {"scores", {memory.data(), {{4, 2}, Kind::kReal}}}};
  const std::string message = failure_of([&] { outputs.at("answer"); });
  CHECK(holds(message, "[contracts_test.cpp:"));
  CHECK(holds(message, "an output 'answer' was expected; the model has: answers, scores. Did you mean 'answers'?"));
  const Outputs of_training{{"cost", {memory.data(), {{4}, Kind::kReal}}}};
  CHECK(holds(failure_of([&] { of_training.at("answer"); }),
              "Those are of training: give this one where builder.mode() is Mode::kEvaluate."));
  CHECK(holds(failure_of([&] { Outputs().at("answer"); }), "the model has: none."));
  CHECK(holds(failure_of([&] {
                require_output(of_training, "answer", {{4}, Kind::kIndex}, "copy");
              }),
              "[copy] an output 'answer', Index [4], is needed; the model has: cost; name it with Builder::output"));
}

TEST_CASE("an output that is read under the other kind is refused, with its name and the line") {
  std::vector<Real> memory(8);
  const Outputs outputs{{"answers", {memory.data(), {{4}, Kind::kIndex}}},
                        {"scores", {memory.data(), {{4, 2}, Kind::kReal}}}};
  CHECK_NOTHROW(outputs.at("answers").index());
  CHECK_NOTHROW(outputs.at("scores").real());
  const std::string index = failure_of([&] { outputs.at("scores").index(); });
  CHECK(holds(index, "[contracts_test.cpp:"));
  CHECK(holds(index, "the output 'scores' was expected to be Index, because index() reads it; Real [4, 2] came"));
  const std::string real = failure_of([&] { outputs.at("answers").real(); });
  CHECK(holds(real, "the output 'answers' was expected to be Real, because real() reads it; Index [4] came"));
  const Tensor wanted{memory.data(), {{4}, Kind::kIndex}};
  CHECK(equal_rows(outputs.at("answers"), wanted).whole.size() == 4);
  CHECK(holds(failure_of([&] { equal_rows(outputs.at("scores"), wanted); }), "Index [4], were expected to be compared"));
}

}  // namespace fovea
