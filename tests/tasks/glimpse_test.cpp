#include <doctest/doctest.h>

#include <algorithm>
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

Batch filled(const std::string& text, Extent rows) {
  Batch batch(rows);
  fill_batch(*make_task(text), Split::kTrain, {.seed = 1}, batch);
  return batch;
}

/// How much ink is in region `region` of a row.
double ink_in(const Batch& batch, Extent row, Extent region) {
  const Tensor image = batch.at("image");
  const Extent pixels = image.shape()[1];
  const Extent grid = pixels / 8;
  double total = 0;
  for (Extent y = region / grid * 8; y < region / grid * 8 + 8; ++y) {
    for (Extent x = region % grid * 8; x < region % grid * 8 + 8; ++x) {
      total += static_cast<double>(image.real()[(row * pixels + y) * pixels + x]);
    }
  }
  return total;
}

}  // namespace

TEST_CASE("there is ink in the regions that are named, in reading order, and nowhere else") {
  const Batch batch = filled("glimpse(grid=3, digits=4, noise=0, specks=0)", 200);
  const Index* regions = batch.at("regions").index();
  for (Extent row = 0; row < 200; ++row) {
    const std::vector<Index> named(regions + row * 4, regions + row * 4 + 4);
    CHECK(std::is_sorted(named.begin(), named.end()));
    for (Extent region = 0; region < 9; ++region) {
      const bool is_named = std::find(named.begin(), named.end(), static_cast<Index>(region)) != named.end();
      CHECK((ink_in(batch, row, region) > 0) == is_named);
    }
  }
}

TEST_CASE("a digit has the ink of its drawing") {
  // Of a 1 ten pixels are ink, of an 8 seventeen; a pixel has 0.6 to 1.
  const Batch batch = filled("glimpse(grid=2, digits=1, noise=0, specks=0)", 400);
  for (Extent row = 0; row < 400; ++row) {
    const Index word = batch.at("targets").index()[row];
    const double ink = ink_in(batch, row, batch.at("regions").index()[row]);
    if (word == 1) CHECK((ink >= 10 * 0.6 && ink <= 10));
    if (word == 8) CHECK((ink >= 17 * 0.6 && ink <= 17));
  }
}

TEST_CASE("a perfect caption scores 1, and words and regions are judged apart") {
  const Batch batch = filled("glimpse(digits=2)", 2);
  const Tensor targets = batch.at("targets");
  const Tensor regions = batch.at("regions");
  std::vector<Index> answers(targets.index(), targets.index() + 4);
  std::vector<Index> looked(regions.index(), regions.index() + 4);
  const auto judged = [&] {
    return make_task("glimpse(digits=2)")
        ->judge(batch, {{"answers", {answers.data(), targets.type}}, {"looked", {looked.data(), targets.type}}})
        .metrics;
  };
  for (const auto& metric : judged()) CHECK(metric.rows == std::vector<double>{1, 1});
  answers[3] = (answers[3] + 1) % 10;
  looked[0] = (looked[0] + 1) % 16;
  CHECK(judged()[0].rows == std::vector<double>{1, 0});
  CHECK(judged()[1].rows == std::vector<double>{1, 0.5});
  CHECK(judged()[2].rows == std::vector<double>{0.5, 1});
}

TEST_CASE("more digits than regions are an error") {
  CHECK_THROWS_WITH_AS(make_task("glimpse(grid=2, digits=5)"), doctest::Contains("larger grid"), fovea::Error);
}
