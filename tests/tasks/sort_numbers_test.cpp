#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "framework/train/training.h"

namespace {

using fovea::Batch;
using fovea::Index;
using fovea::make_task;
using fovea::Split;
using fovea::Tensor;

Batch filled(const std::string& text, fovea::Extent rows, std::uint64_t seed) {
  Batch batch(rows);
  fill_batch(*make_task(text), Split::kTrain, {.seed = seed}, batch);
  return batch;
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

}  // namespace

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

TEST_CASE("one exchange fails its own row only") {
  const Batch batch = filled("sort_numbers(n=4)", 2, 5);
  const Tensor targets = batch.at("targets");
  std::vector<Index> pointers(targets.index(), targets.index() + targets.size());
  std::swap(pointers[0], pointers[1]);
  const auto judgement = make_task("sort_numbers(n=4)")->judge(batch, {{"pointers", {pointers.data(), targets.type}}});
  CHECK(judgement.metrics[0].rows == std::vector<double>{0.0, 1.0});
  CHECK(judgement.metrics[1].rows == std::vector<double>{0.5, 1.0});
  CHECK(judgement.slices == std::vector<std::string>{"N=4", "N=4"});
}

TEST_CASE("impossible lengths and orders are errors that name the option") {
  CHECK(message_of("sort_numbers(n=0)").find("n") != std::string::npos);
  CHECK(message_of("sort_numbers(n=-4)") != "");
  CHECK(message_of("sort_numbers(n_min=9, n_max=5)").find("n_min must not be above n_max") != std::string::npos);
  CHECK(message_of("sort_numbers(n_min=9)").find("together") != std::string::npos);
  CHECK(message_of("sort_numbers(order=ascendign)").find("ascending") != std::string::npos);
}
