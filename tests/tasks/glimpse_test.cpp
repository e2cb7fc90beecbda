#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "framework/task.h"

namespace {

using fovea::Batch;
using fovea::Extent;
using fovea::Index;
using fovea::Real;
using fovea::Rng;
using fovea::Split;
using fovea::Tensor;

std::unique_ptr<fovea::Task> make_task(const std::string& text) {
  auto task = fovea::Registry<fovea::Task>::instance().parse(text).plugin;
  task->check();
  return task;
}

Batch filled(const std::string& text, Extent rows, Split split = Split::kTrain, std::uint64_t seed = 1) {
  Batch batch(rows);
  Rng rng({.seed = seed});
  make_task(text)->fill(rng, split, batch);
  return batch;
}

/// How much ink lies in region `region` of a row.
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

/// What is where, as text.
std::set<std::string> scenes_of(const Batch& batch) {
  std::set<std::string> scenes;
  const Extent digits = batch.at("targets").shape()[1];
  for (Extent row = 0; row < batch.rows(); ++row) {
    std::string scene;
    for (Extent i = row * digits; i < (row + 1) * digits; ++i) {
      scene += std::to_string(batch.at("regions").index()[i]) + ":" + std::to_string(batch.at("targets").index()[i]) + " ";
    }
    scenes.insert(scene);
  }
  return scenes;
}

std::vector<Real> pixels_of(const Batch& batch) {
  const Tensor image = batch.at("image");
  return {image.real(), image.real() + image.size()};
}

}  // namespace

TEST_CASE("glimpse gives the same images for the same seed and others for another seed") {
  const auto images = [](std::uint64_t seed) { return pixels_of(filled("glimpse", 3, Split::kTrain, seed)); };
  CHECK(images(3) == images(3));
  CHECK(images(3) != images(4));
}

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

TEST_CASE("no scene of glimpse is in two splits") {
  const std::string text = "glimpse(grid=2, digits=2)";  // 600 scenes
  const std::set<std::string> seen = scenes_of(filled(text, 5000, Split::kTrain));
  CHECK(seen.size() > 400);
  for (const Split split : {Split::kValidation, Split::kTest}) {
    const std::set<std::string> scenes = scenes_of(filled(text, 1000, split));
    CHECK(scenes.size() > 30);
    CHECK(std::none_of(scenes.begin(), scenes.end(), [&](const std::string& scene) { return seen.count(scene) != 0; }));
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

TEST_CASE("more digits than regions and answers that are missing are errors") {
  CHECK_THROWS_WITH_AS(make_task("glimpse(grid=2, digits=5)"), doctest::Contains("larger grid"), fovea::Error);
  CHECK_THROWS_WITH_AS(make_task("glimpse")->judge(filled("glimpse", 2), {}), doctest::Contains("'answers'"), fovea::Error);
}
