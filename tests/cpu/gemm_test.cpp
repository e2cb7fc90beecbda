#include "framework/cpu/gemm.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/cpu/parallel.h"

namespace fovea::cpu {
namespace {

// A wave without period: every element differs.
std::vector<Real> wave(Extent count, double phase) {
  std::vector<Real> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<Real>(std::sin(phase + 1.7 * static_cast<double>(i)));
  }
  return values;
}

Extent or_dense(Extent leading, Extent row) { return leading == 0 ? row : leading; }

std::size_t place(Extent i, Extent j, Extent leading, bool transposed) {
  return static_cast<std::size_t>(transposed ? j * leading + i : i * leading + j);
}

// The largest difference to sums in double, relative to the size of the terms.
double largest_error(const GemmSpec& spec) {
  const Extent lda = or_dense(spec.lda, spec.transpose_a ? spec.m : spec.k);
  const Extent ldb = or_dense(spec.ldb, spec.transpose_b ? spec.k : spec.n);
  const Extent ldc = or_dense(spec.ldc, spec.n);
  const auto a = wave(lda * (spec.transpose_a ? spec.k : spec.m), 0.3);
  const auto b = wave(ldb * (spec.transpose_b ? spec.n : spec.k), 1.1);
  const auto before = wave(ldc * spec.m, 2.3);
  auto c = before;
  const Gemm product(spec);
  product(a.data(), b.data(), c.data());
  double worst = 0;
  for (Extent i = 0; i < spec.m; ++i) {
    for (Extent j = 0; j < ldc; ++j) {
      const auto at = static_cast<std::size_t>(i * ldc + j);
      double expected = j >= spec.n || spec.accumulate ? static_cast<double>(before[at]) : 0.0;
      for (Extent p = 0; p < spec.k && j < spec.n; ++p) {
        expected += static_cast<double>(a[place(i, p, lda, spec.transpose_a)]) *
                    static_cast<double>(b[place(p, j, ldb, spec.transpose_b)]);
      }
      const double error = std::abs(static_cast<double>(c[at]) - expected) / (1 + std::sqrt(static_cast<double>(spec.k)));
      worst = error <= worst ? worst : error;  // NaN is kept
    }
  }
  return worst;
}

const double kTolerance = sizeof(Real) == 4 ? 3e-5 : 1e-13;

const Extent kShapes[][3] = {{1, 1, 1},     {1, 20, 20},  {20, 20, 1},   {7, 33, 5},    {8, 16, 64},    {9, 31, 17},
                             {64, 64, 64},  {3, 200, 70}, {130, 96, 50}, {5, 3, 400},   {64, 128, 256}, {31, 47, 300},
                             {200, 20, 20}, {2, 500, 90}, {90, 2, 500},  {17, 100, 100}};

}  // namespace

TEST_CASE("a product of any shape and layout equals the sum of its terms") {
  for (const auto& shape : kShapes) {
    for (int layout = 0; layout < 8; ++layout) {
      GemmSpec spec{.m = shape[0], .n = shape[1], .k = shape[2]};
      spec.transpose_a = (layout & 1) != 0;
      spec.transpose_b = (layout & 2) != 0;
      spec.accumulate = (layout & 4) != 0;
      CAPTURE(spec.m);
      CAPTURE(spec.n);
      CAPTURE(spec.k);
      CAPTURE(layout);
      CHECK(largest_error(spec) < kTolerance);
    }
  }
}

TEST_CASE("leading dimensions are honoured and memory between the rows is left alone") {
  for (const auto& shape : kShapes) {
    for (int layout = 0; layout < 4; ++layout) {
      GemmSpec spec{.m = shape[0], .n = shape[1], .k = shape[2]};
      spec.transpose_a = (layout & 1) != 0;
      spec.transpose_b = (layout & 2) != 0;
      spec.lda = (spec.transpose_a ? spec.m : spec.k) + 3;
      spec.ldb = (spec.transpose_b ? spec.k : spec.n) + 5;
      spec.ldc = spec.n + 7;
      CAPTURE(std::string(Gemm(spec).library()));
      CHECK(largest_error(spec) < kTolerance);
    }
  }
}

TEST_CASE("products rounded to bfloat16 keep two to three decimals") {
  GemmSpec spec{.m = 33, .n = 70, .k = 90, .products = Products::kBf16};
  for (int layout = 0; layout < 8; ++layout) {
    spec.transpose_a = (layout & 1) != 0;
    spec.transpose_b = (layout & 2) != 0;
    spec.accumulate = (layout & 4) != 0;
    const double error = largest_error(spec);
    CHECK(error < 5e-3);
  }
}

TEST_CASE("an empty sum clears C, or leaves it where it accumulates") {
  std::vector<Real> c = {1, 2, 3, 4};
  gemm({.m = 2, .n = 2, .k = 0, .accumulate = true}, nullptr, nullptr, c.data());
  CHECK(c == std::vector<Real>{1, 2, 3, 4});
  gemm({.m = 2, .n = 2, .k = 0}, nullptr, nullptr, c.data());
  CHECK(c == std::vector<Real>{0, 0, 0, 0});
}

TEST_CASE("impossible extents are errors that say what to do") {
  CHECK_THROWS_WITH_AS(Gemm({.m = -1, .n = 2, .k = 3}), doctest::Contains("-1, 2, 3"), Error);
  CHECK_THROWS_WITH_AS(Gemm({.m = 1, .n = 2, .k = 3, .ldb = 1}), doctest::Contains("ldb of at least 2"), Error);
}

TEST_CASE("a product has the same bits on any thread of any pool") {
  const GemmSpec spec{.m = 64, .n = 256, .k = 256};
  const auto a = wave(spec.m * spec.k, 0.3);
  const auto b = wave(spec.k * spec.n, 1.1);
  const Gemm product(spec);
  std::vector<std::vector<Real>> results(12, std::vector<Real>(static_cast<std::size_t>(spec.m * spec.n)));
  const auto multiply = [&](Extent i) { product(a.data(), b.data(), results[i].data()); };
  set_threads(1);
  for (Extent i = 0; i < 4; ++i) multiply(i);
  set_threads(3);
  parallel_for(8, [&](Extent i) { multiply(i + 4); });
  set_threads(0);
  for (const auto& result : results) CHECK(result == results[0]);
}

}  // namespace fovea::cpu
