#include "modules/transformer/positions.h"

#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/error.h"
#include "tests/support/model_run.h"

using namespace fovea;

namespace {

constexpr double kClose = sizeof(Real) == 8 ? 1e-12 : 2e-6;

double at(const Tensor& tensor, Extent i) { return static_cast<double>(tensor.real()[i]); }

}  // namespace

TEST_CASE("a sinusoid is sine and cosine of the position over wavelengths that grow with the element") {
  Builder b;
  b.output("y", add_sinusoid(b.parameter("x", {1, 3, 4}, Init::zero())));
  test::ModelRun run(b.freeze());
  run.run({});
  const Tensor y = run.output("y");
  const std::vector<double> first{0, 1, 0, 1};
  const std::vector<double> third{std::sin(2.0), std::cos(2.0), std::sin(0.02), std::cos(0.02)};
  for (Extent d = 0; d < 4; ++d) {
    CHECK(std::abs(at(y, d) - first[d]) < kClose);
    CHECK(std::abs(at(y, 8 + d) - third[d]) < kClose);
  }
}

TEST_CASE("learned positions are added to every row, and a sequence beyond the table is an error") {
  Builder b;
  const Value table = b.parameter("table", {3, 2});
  b.output("y", add_positions(b.parameter("x", {2, 2, 2}, Init::zero()), table));
  test::ModelRun run(b.freeze());
  run.set("table", {1, 2, 3, 4, 5, 6});
  run.run({});
  for (Extent i = 0; i < 8; ++i) CHECK(run.output("y").real()[i] == Real(1 + i % 4));
  Builder longer;
  const Value x = longer.parameter("x", {2, 4, 2});
  const Value short_table = longer.parameter("table", {3, 2});
  CHECK_THROWS_WITH_AS(add_positions(x, short_table), doctest::Contains("table [L >= T, D]"), Error);
}

TEST_CASE("rotated queries and keys have dot products that depend on their distance only") {
  Builder b;
  const Value same = b.parameter("same", {4}, Init::normal(1));
  const Value x = add(b.constant("zero", {1, 6, 4}, std::vector<Real>(24, 0)), same);
  const Value rotated = rotate_positions(x, {.width = 4});
  b.output("scores", matmul(rotated, rotated, {.transpose_b = true}));
  test::ModelRun run(b.freeze());
  run.run({});
  const Tensor scores = run.output("scores");  // [1, 6, 6]
  for (Extent m = 0; m < 5; ++m) {
    for (Extent n = 0; n < 5; ++n) CHECK(std::abs(at(scores, m * 6 + n) - at(scores, (m + 1) * 6 + n + 1)) < 10 * kClose);
  }
  CHECK(std::abs(at(scores, 0) - at(scores, 3)) > 1e-3);
}

TEST_CASE("a relative bias follows the distance and stops at its reach") {
  Builder b;
  const Value table = b.parameter("table", {3});
  const Value queries = b.constant("queries", {1, 2, 1}, std::vector<Real>(2, 0));
  const Value items = b.constant("items", {1, 4, 1}, std::vector<Real>(4, 0));
  b.output("y", relative_bias(table, queries, items));
  test::ModelRun run(b.freeze());
  run.set("table", {1, 2, 3});
  run.run({});
  const std::vector<Real> expected{2, 3, 3, 3, 1, 2, 3, 3};
  for (Extent i = 0; i < 8; ++i) CHECK(run.output("y").real()[i] == expected[i]);
}

TEST_CASE("gradients of positions agree with central differences") {
  Builder b;
  const Value x = b.parameter("x", {2, 3, 4}, Init::normal(1));
  b.output("sinusoid", square(add_sinusoid(x)));
  b.output("learned", square(add_positions(x, b.parameter("table", {5, 4}))));
  b.output("rotary", square(rotate_positions(x, {.width = 2})));
  b.output("bias", square(relative_bias(b.parameter("distances", {3}), x, x)));
  test::ModelRun run(b.freeze());
  CHECK(run.gradient_error({{"sinusoid", 1}, {"learned", 2}, {"rotary", 3}, {"bias", 4}}) < test::kGradientLimit);
}
