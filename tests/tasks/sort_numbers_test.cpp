#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "framework/task.h"

namespace {

using fovea::Batch;
using fovea::Index;
using fovea::Rng;
using fovea::Split;
using fovea::Tensor;

std::unique_ptr<fovea::Task> make_task(const std::string& text) {
  auto task = fovea::Registry<fovea::Task>::instance().parse(text).plugin;
  task->check();
  return task;
}

Batch filled(const std::string& text, fovea::Extent rows, std::uint64_t seed, Split split = Split::kTrain) {
  Batch batch(rows);
  Rng rng({.seed = seed});
  make_task(text)->fill(rng, split, batch);
  return batch;
}

std::vector<fovea::Real> items_of(const Batch& batch) {
  const Tensor items = batch.at("items");
  return {items.real(), items.real() + items.size()};
}

std::string message_of(const std::string& text) {
  try {
    make_task(text);
  } catch (const fovea::Error& error) {
    return error.what();
  }
  return "";
}

// What is asked of targets: a permutation, along which the key never falls and equal keys rise in position.
template <class Key>
bool is_ordered_by(const Batch& batch, Key key) {
  const Tensor items = batch.at("items");
  const Tensor targets = batch.at("targets");
  const auto n = targets.shape().last();
  for (fovea::Extent b = 0; b < batch.rows(); ++b) {
    const Index* target = targets.index() + b * n;
    const auto number = [&](fovea::Extent i) { return key(static_cast<double>(items.real()[b * n + target[i]])); };
    for (fovea::Extent i = 1; i < n; ++i) {
      if (!(number(i - 1) < number(i) || (number(i - 1) == number(i) && target[i - 1] < target[i]))) return false;
    }
  }
  return true;
}

double mean(const std::vector<double>& rows) {
  return std::accumulate(rows.begin(), rows.end(), 0.0) / static_cast<double>(rows.size());
}

fovea::Judgement judged(const std::string& text, const Batch& batch, const Tensor& pointers) {
  return make_task(text)->judge(batch, {{"pointers", pointers}});
}

}  // namespace

TEST_CASE("sort_numbers gives the same batch for the same seed and another one for another seed") {
  CHECK(items_of(filled("sort_numbers(n=7)", 5, 3)) == items_of(filled("sort_numbers(n=7)", 5, 3)));
  CHECK(items_of(filled("sort_numbers(n=7)", 5, 3)) != items_of(filled("sort_numbers(n=7)", 5, 4)));
}

TEST_CASE("sort_numbers shares no number between the splits, even for the same key") {
  const auto text = "sort_numbers(n=10)";
  auto all = items_of(filled(text, 64, 1, Split::kTrain));
  for (const Split split : {Split::kValidation, Split::kTest}) {
    const auto more = items_of(filled(text, 64, 1, split));
    all.insert(all.end(), more.begin(), more.end());
  }
  std::sort(all.begin(), all.end());
  // 1,920 numbers out of 2^24 floats: a few coincide by chance, copied ones would be 640 or more.
  const auto kept = std::unique(all.begin(), all.end()) - all.begin();
  CHECK(static_cast<fovea::Extent>(all.size()) - kept < 10);
}

TEST_CASE("sort_numbers orders by the key of each order") {
  CHECK(is_ordered_by(filled("sort_numbers(n=20)", 50, 2), [](double x) { return x; }));
  CHECK(is_ordered_by(filled("sort_numbers(n=20, order=descending)", 50, 2), [](double x) { return -x; }));
  const auto distance = [](double x) { return std::abs(x - 0.5); };
  CHECK(is_ordered_by(filled("sort_numbers(n=20, order=nearest_to_half)", 50, 2), distance));
  CHECK(
      is_ordered_by(filled("sort_numbers(n=20, order=farthest_from_half)", 50, 2), [&](double x) { return -distance(x); }));
}

TEST_CASE("the alternating order takes the smallest, the largest, the second smallest, and so on") {
  const Batch batch = filled("sort_numbers(n=5, order=alternating)", 1, 9);
  const Batch ascending = filled("sort_numbers(n=5)", 1, 9);
  const Index* a = ascending.at("targets").index();
  const Index* t = batch.at("targets").index();
  CHECK(std::vector<Index>(t, t + 5) == std::vector<Index>{a[0], a[4], a[1], a[3], a[2]});
}

TEST_CASE("a length drawn per batch stays within its bounds and reaches both") {
  std::vector<fovea::Extent> lengths;
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    lengths.push_back(filled("sort_numbers(n_min=3, n_max=6)", 2, seed).at("items").shape()[1]);
  }
  CHECK(*std::min_element(lengths.begin(), lengths.end()) == 3);
  CHECK(*std::max_element(lengths.begin(), lengths.end()) == 6);
}

TEST_CASE("perfect pointers score 1, and one exchange fails its row alone") {
  const Batch batch = filled("sort_numbers(n=4)", 2, 5);
  const Tensor targets = batch.at("targets");
  CHECK(mean(judged("sort_numbers(n=4)", batch, targets).metrics[0].rows) == 1.0);
  std::vector<Index> pointers(targets.index(), targets.index() + targets.size());
  std::swap(pointers[0], pointers[1]);
  const auto judgement = judged("sort_numbers(n=4)", batch, {pointers.data(), targets.type});
  CHECK(judgement.metrics[0].rows == std::vector<double>{0.0, 1.0});
  CHECK(judgement.metrics[1].rows == std::vector<double>{0.5, 1.0});
  CHECK(judgement.slices == std::vector<std::string>{"N=4", "N=4"});
}

TEST_CASE("random pointers score near the chance that the task states") {
  const std::string text = "sort_numbers(n=3)";
  const Batch batch = filled(text, 6000, 1);
  const Tensor targets = batch.at("targets");
  std::vector<Index> pointers(static_cast<std::size_t>(targets.size()));
  Rng rng({.seed = 8});
  for (std::size_t i = 0; i < pointers.size(); i += 3) {
    std::iota(pointers.begin() + static_cast<std::ptrdiff_t>(i), pointers.begin() + static_cast<std::ptrdiff_t>(i) + 3, 0);
    rng.shuffle(std::span<Index>(pointers).subspan(i, 3));
  }
  const auto judgement = judged(text, batch, {pointers.data(), targets.type});
  CHECK(mean(judgement.metrics[0].rows) == doctest::Approx(make_task(text)->chance()).epsilon(0.12));
  CHECK(mean(judgement.metrics[1].rows) == doctest::Approx(1.0 / 3).epsilon(0.05));
}

TEST_CASE("impossible lengths and orders are errors that name the option") {
  CHECK(message_of("sort_numbers(n=0)").find("n") != std::string::npos);
  CHECK(message_of("sort_numbers(n=-4)") != "");
  CHECK(message_of("sort_numbers(n_min=9, n_max=5)").find("n_min must not be above n_max") != std::string::npos);
  CHECK(message_of("sort_numbers(n_min=9)").find("together") != std::string::npos);
  CHECK(message_of("sort_numbers(order=ascendign)").find("ascending") != std::string::npos);
}

TEST_CASE("pointers that are missing or of another shape are errors") {
  const Batch batch = filled("sort_numbers(n=4)", 2, 5);
  const Tensor targets = batch.at("targets");
  CHECK_THROWS_AS(make_task("sort_numbers(n=4)")->judge(batch, {}), fovea::Error);
  const Tensor shorter{targets.data, {fovea::Shape{2, 3}, fovea::Kind::kIndex}};
  CHECK_THROWS_AS(judged("sort_numbers(n=4)", batch, shorter), fovea::Error);
}
