#include "framework/train/gradients.h"

#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/rng.h"
#include "framework/cpu/parallel.h"
#include "framework/graph/builder.h"

namespace {

using fovea::Extent;
using fovea::GradientBlocks;
using fovea::Real;

}  // namespace

TEST_CASE("clipping scales a gradient to the largest norm, as PyTorch does") {
  std::vector<Real> gradient{3, 4};
  CHECK(fovea::norm_of(gradient) == doctest::Approx(5));
  fovea::clip_norm(gradient, 5, 1);
  CHECK(static_cast<double>(gradient[0]) == doctest::Approx(3.0 / (5.0 + 1e-6)));
  CHECK(static_cast<double>(gradient[1]) == doctest::Approx(4.0 / (5.0 + 1e-6)));
}

TEST_CASE("clipping leaves a gradient below the largest norm as it is") {
  std::vector<Real> gradient{3, 4};
  fovea::clip_norm(gradient, 5, 5.1);
  CHECK(gradient == std::vector<Real>{3, 4});
}

TEST_CASE("blocks are summed in a fixed tree") {
  for (const Extent shards : {1, 2, 3, 5, 8}) {
    GradientBlocks blocks(shards, 16);
    for (Extent shard = 0; shard < shards; ++shard) blocks.block(shard)[3] = static_cast<Real>(shard + 1);
    const double expected = static_cast<double>(shards * (shards + 1)) / 2;
    CHECK(blocks.sum(shards) == doctest::Approx(expected));
    CHECK(static_cast<double>(blocks.total()[3]) == doctest::Approx(expected));
    CHECK(blocks.total()[4] == Real(0));
  }
}

TEST_CASE("the tree adds neighbours first") {
  // (big + 1) + (-big + 1): the ones are lost beside big. A chain would give ((big + 1) - big) + 1 = 1.
  const Real big = sizeof(Real) == 8 ? Real(1e17) : Real(1e9);
  GradientBlocks blocks(4, 16);
  const Real terms[] = {big, 1, -big, 1};
  for (Extent shard = 0; shard < 4; ++shard) blocks.block(shard)[0] = terms[shard];
  blocks.sum(4);
  CHECK(blocks.total()[0] == Real(0));
}

TEST_CASE("sum and norm have the same bits for any number of threads") {
  constexpr std::size_t kSize = 16 * 4001;
  std::vector<Real> first;
  double first_norm = 0;
  for (const int threads : {1, 2, 3, 8}) {
    fovea::cpu::set_threads(threads);
    GradientBlocks blocks(5, kSize);
    for (Extent shard = 0; shard < 5; ++shard)
      fovea::Rng({.row = static_cast<std::uint32_t>(shard)}).fill_normal(blocks.block(shard));
    const double norm = blocks.sum(5);
    const std::vector<Real> total(blocks.total().begin(), blocks.total().end());
    if (first.empty()) first = total;
    if (first_norm == 0) first_norm = norm;
    CHECK(total == first);
    CHECK(norm == first_norm);
    CHECK(fovea::norm_of(total) == norm);
  }
  fovea::cpu::set_threads(0);
}

TEST_CASE("gradient noise has the stated deviation, falls with the step and leaves padding alone") {
  fovea::Builder b;
  b.output("cost", b.parameter("w", {9001}));
  const auto graph = b.freeze();
  const fovea::ParameterStore store(*graph);
  REQUIRE(store.size() > 9001);
  for (const Extent step : {0, 9}) {
    std::vector<Real> gradient(store.size(), Real(0));
    fovea::GradientNoise{0.5, 1}.add(gradient, store, step);
    const double deviation = fovea::norm_of(gradient) / std::sqrt(9001.0);
    CHECK(deviation == doctest::Approx(0.5 / std::pow(1.0 + static_cast<double>(step), 0.55)).epsilon(0.03));
    for (std::size_t i = 9001; i < store.size(); ++i) CHECK(gradient[i] == Real(0));
  }
}
