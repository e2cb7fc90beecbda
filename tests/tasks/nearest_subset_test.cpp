#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/train/training.h"

namespace {

using namespace fovea;

Batch filled(const Task& task, Extent rows) {
  Batch batch(rows);
  fill_batch(task, Split::kTrain, {.seed = 1}, batch);
  return batch;
}

std::vector<Real> numbers(const Batch& batch) {
  const Tensor target = batch.at("target");
  return {target.real(), target.real() + target.size()};
}

Judgement judge(const Task& task, const Batch& batch, std::vector<Real> marginals) {
  return task.judge(batch, {{"marginals", Tensor{marginals.data(), batch.at("target").type}}});
}

}  // namespace

TEST_CASE("the point of nearest_subset is the same in every row, and differs between instances") {
  const auto task = make_task("nearest_subset(items=6, k=2)");
  const std::vector<Real> rows = numbers(filled(*task, 3));
  REQUIRE(rows.size() == 18);
  CHECK(std::equal(rows.begin(), rows.begin() + 6, rows.begin() + 6));
  CHECK(std::equal(rows.begin(), rows.begin() + 6, rows.begin() + 12));
  CHECK(numbers(filled(*make_task("nearest_subset(items=6, k=2, instance=1)"), 3)) != rows);
}

TEST_CASE("the points of nearest_subset have mean 0 and variance 1") {
  const std::vector<Real> point = numbers(filled(*make_task("nearest_subset(items=10000, k=2)"), 1));
  double sum = 0, squares = 0;
  for (const Real b : point) {
    sum += static_cast<double>(b) / 1e4;
    squares += static_cast<double>(b) * static_cast<double>(b) / 1e4;
  }
  CHECK(std::abs(sum) < 0.045);
  CHECK(std::abs(squares - 1) < 0.064);  // 4.5 times sqrt(2 / 10000)
}

TEST_CASE("the best set of nearest_subset has accuracy 1 and no gap, and costs are distances") {
  const auto task = make_task("nearest_subset(items=3, k=1)");
  Batch batch = filled(*task, 2);
  const Tensor target = batch.at("target");
  const Real point[] = {Real(0.9), Real(-0.2), Real(0.5), Real(0.9), Real(-0.2), Real(0.5)};
  std::copy(std::begin(point), std::end(point), target.real());
  const Judgement judgement = judge(*task, batch, {1, 0, 0, Real(0.25), Real(0.5), Real(0.25)});
  REQUIRE(judgement.metrics.size() == 3);
  CHECK(judgement.metrics[0].rows == std::vector<double>{1, 0});
  // |z - b|^2 is 0.3 for item 0, 2.5 for item 1 and 1.1 for item 2.
  CHECK(judgement.metrics[1].rows[0] == doctest::Approx(0.3));
  CHECK(judgement.metrics[1].rows[1] == doctest::Approx(0.25 * 0.3 + 0.5 * 2.5 + 0.25 * 1.1));
  CHECK(judgement.metrics[2].rows[0] == 0);
  CHECK(judgement.metrics[2].rows[1] == doctest::Approx(judgement.metrics[1].rows[1] - 0.3));
  CHECK(task->chance() == doctest::Approx(1.0 / 3));
  CHECK(make_task("nearest_subset")->chance() == doctest::Approx(1.0 / 252));
}

TEST_CASE("nearest_subset says what is wrong") {
  CHECK_THROWS_WITH_AS(make_task("nearest_subset(items=4, k=4)"), doctest::Contains("set k=3 or less"), Error);
}
