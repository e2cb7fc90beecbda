#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <vector>

#include "framework/core/rng.h"

using namespace fovea;

TEST_CASE("the same key gives the same numbers, and every part of the key matters") {
  const Rng::Key key{.seed = 7, .stream = 1, .step = 2, .row = 3, .time = 4};
  Rng a(key);
  Rng b(key);
  for (int i = 0; i < 10; ++i) CHECK(a.bits() == b.bits());
  std::set<std::uint32_t> firsts;
  for (int part = 0; part < 6; ++part) {
    Rng::Key other = key;
    if (part == 1) other.seed = 8;
    if (part == 2) other.stream = 9;
    if (part == 3) other.step = 9;
    if (part == 4) other.row = 9;
    if (part == 5) other.time = 9;
    firsts.insert(Rng(other).bits());
  }
  CHECK(firsts.size() == 6);
}

TEST_CASE("uniform numbers stay inside (0, 1) and have the moments of the uniform distribution") {
  Rng rng({.seed = 1});
  double sum = 0;
  double squares = 0;
  constexpr int kCount = 200000;
  for (int i = 0; i < kCount; ++i) {
    const double u = rng.uniform();
    REQUIRE(u > 0);
    REQUIRE(u < 1);
    sum += u;
    squares += u * u;
  }
  CHECK(std::abs(sum / kCount - 0.5) < 4 * std::sqrt(1.0 / 12 / kCount));
  CHECK(std::abs(squares / kCount - 1.0 / 3) < 4 * std::sqrt(4.0 / 45 / kCount));
}

TEST_CASE("many bits at a time are those of the same number of calls, from any place on") {
  for (const std::size_t ahead : {0, 1, 3, 4, 9}) {
    Rng one({.seed = 9, .stream = 2, .step = 3, .row = 4, .time = 5});
    for (std::size_t i = 0; i < ahead; ++i) one.bits();
    Rng many = one;
    for (const std::size_t count : {1, 63, 64, 65, 200, 2, 300}) {
      std::vector<std::uint32_t> drawn(count);
      many.fill_bits(drawn);
      for (const std::uint32_t word : drawn) REQUIRE(word == one.bits());
    }
  }
}

TEST_CASE("a row of uniform numbers is made of the upper 23 bits of each draw, in both precisions") {
  Rng one({.seed = 3});
  Rng row({.seed = 3});
  std::vector<Real> values(1000);
  row.fill_uniform(values);
  for (const Real value : values)
    REQUIRE(static_cast<double>(value) == (static_cast<double>(one.bits() >> 9) + 0.5) * 0x1p-23);
}

TEST_CASE("fill_uniform never reaches 0 or 1 in this precision") {
  Rng rng({.seed = 2});
  std::vector<Real> values(500000);
  rng.fill_uniform(values);
  for (const Real value : values) {
    REQUIRE(value > Real(0));
    REQUIRE(value < Real(1));
  }
}

TEST_CASE("below is unbiased within four standard deviations") {
  Rng rng({.seed = 3});
  std::vector<int> counts(7);
  constexpr int kCount = 70000;
  for (int i = 0; i < kCount; ++i) ++counts[rng.below(7)];
  for (const int count : counts) CHECK(std::abs(count - 10000) < 4 * std::sqrt(kCount * (1.0 / 7) * (6.0 / 7)));
}

TEST_CASE("normal numbers have mean 0 and deviation 1") {
  Rng rng({.seed = 4});
  double sum = 0;
  double squares = 0;
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    const double x = rng.normal();
    sum += x;
    squares += x * x;
  }
  CHECK(std::abs(sum / kCount) < 4 / std::sqrt(kCount));
  CHECK(std::abs(squares / kCount - 1) < 4 * std::sqrt(2.0 / kCount));
}

TEST_CASE("a stream is the same in every version") { CHECK(stream_of("train") == 468707247U); }
