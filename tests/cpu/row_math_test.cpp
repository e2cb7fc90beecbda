#include "framework/cpu/row_math.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace fovea::cpu {
namespace {

constexpr double kUnit = std::numeric_limits<Real>::epsilon();
constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
constexpr Real kNaN = std::numeric_limits<Real>::quiet_NaN();

std::vector<Real> spread(std::size_t count, double from, double to) {
  std::vector<Real> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<Real>(from + (to - from) * static_cast<double>(i) / static_cast<double>(count));
  }
  return values;
}

using RowFunction = void (*)(std::span<const Real>, std::span<Real>);

// The largest relative error in units of the last place.
double error_in_units(RowFunction function, double (*exact)(double), double from, double to) {
  const auto in = spread(100003, from, to);
  std::vector<Real> out(in.size());
  function(in, out);
  double worst = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double wanted = exact(static_cast<double>(in[i]));
    const double error =
        wanted == 0 ? std::abs(static_cast<double>(out[i])) : std::abs(static_cast<double>(out[i]) / wanted - 1) / kUnit;
    worst = error <= worst ? worst : error;  // NaN is kept
  }
  return worst;
}

double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

TEST_CASE("exp, log, tanh and sigmoid are accurate to a few units in the last place") {
  CHECK(error_in_units(
            exp, [](double x) { return std::exp(x); }, -87, 88) < 2);
  CHECK(error_in_units(
            log, [](double x) { return std::log(x); }, 1e-30, 3) < 2);
  CHECK(error_in_units(
            log, [](double x) { return std::log(x); }, 1, 1e30) < 2);
  CHECK(error_in_units(
            tanh, [](double x) { return std::tanh(x); }, -20, 20) < 6);
  CHECK(error_in_units(
            tanh, [](double x) { return std::tanh(x); }, -0.01, 0.01) < 6);
  CHECK(error_in_units(sigmoid, exact_sigmoid, -80, 80) < 6);
}

TEST_CASE("exp, log, tanh and sigmoid handle infinity, zero and NaN") {
  const std::vector<Real> in = {kInfinity, -kInfinity, 0, kNaN};
  std::vector<Real> out(4);
  exp(in, out);
  CHECK((out[0] == kInfinity && out[1] == 0 && out[2] == 1 && std::isnan(out[3])));
  log(in, out);
  CHECK((out[0] == kInfinity && std::isnan(out[1]) && out[2] == -kInfinity && std::isnan(out[3])));
  tanh(in, out);
  CHECK((out[0] == 1 && out[1] == -1 && out[2] == 0 && std::isnan(out[3])));
  sigmoid(in, out);
  CHECK((out[0] == 1 && out[1] == 0 && out[2] == Real(0.5) && std::isnan(out[3])));
}

TEST_CASE("an element has the same bits at every place of a row") {
  const auto in = spread(100, -3, 3);
  std::vector<Real> whole(100);
  exp(in, whole);
  for (std::size_t begin = 0; begin < 40; ++begin) {
    std::vector<Real> part(1 + begin);
    exp(std::span(in).subspan(begin, part.size()), part);
    for (std::size_t i = 0; i < part.size(); ++i) CHECK(part[i] == whole[begin + i]);
  }
}

TEST_CASE("sums run over every element of rows of any length") {
  for (std::size_t count = 0; count < 200; ++count) {
    std::vector<Real> ones(count, 1);
    std::vector<Real> twos(count, 2);
    const auto expected = static_cast<Real>(count);
    CHECK(sum(ones) == expected);
    CHECK(dot(ones, twos) == 2 * expected);
    add(ones, twos);
    CHECK(sum(twos) == 3 * expected);
    add_scaled(Real(-2), ones, twos);
    CHECK(sum(twos) == expected);
    scale(Real(0.5), twos);
    CHECK(sum(twos) == expected / 2);
  }
}

TEST_CASE("max finds the largest element anywhere and keeps NaN") {
  for (std::size_t count = 1; count < 70; ++count) {
    std::vector<Real> row(count, -5);
    row[count - 1] = -3;
    CHECK(max(row) == -3);
    row[count / 2] = kNaN;
    CHECK(std::isnan(max(row)));
  }
  CHECK(max({}) == -kInfinity);
}

TEST_CASE("softmax of two scores is the logistic function of their difference") {
  const std::vector<Real> scores = {Real(0.5), Real(1.5)};
  std::vector<Real> weights(2);
  const double log_partition = softmax(scores, weights);
  CHECK(static_cast<double>(weights[1]) == doctest::Approx(exact_sigmoid(1)).epsilon(4 * kUnit));
  CHECK(static_cast<double>(weights[0]) == doctest::Approx(exact_sigmoid(-1)).epsilon(4 * kUnit));
  CHECK(log_partition == doctest::Approx(std::log(std::exp(0.5) + std::exp(1.5))).epsilon(4 * kUnit));
}

TEST_CASE("softmax gives masked scores no weight, and a masked row none at all") {
  std::vector<Real> row = {-kInfinity, 1, -kInfinity};
  CHECK(softmax(row, row) == 1);
  CHECK(row == std::vector<Real>{0, 1, 0});
  row = {-kInfinity, -kInfinity};
  CHECK(softmax(row, row) == -kInfinity);
  CHECK(row == std::vector<Real>{0, 0});
}

TEST_CASE("softmax_backward adds the product with the Jacobian") {
  const std::size_t count = 37;
  std::vector<Real> weights(count);
  softmax(spread(count, -2, 2), weights);
  const auto grad_weights = spread(count, 1, -3);
  std::vector<Real> grad_scores(count, 7);
  softmax_backward(weights, grad_weights, grad_scores);
  for (std::size_t i = 0; i < count; ++i) {
    double expected = 7;
    for (std::size_t j = 0; j < count; ++j) {
      const double kronecker = i == j ? 1 : 0;
      expected += static_cast<double>(weights[i]) * (kronecker - static_cast<double>(weights[j])) *
                  static_cast<double>(grad_weights[j]);
    }
    CHECK(static_cast<double>(grad_scores[i]) == doctest::Approx(expected).epsilon(20 * kUnit));
  }
}

TEST_CASE("assign_softmax_backward is softmax_backward on 0, to the bit") {
  for (std::size_t count = 1; count < 70; ++count) {
    std::vector<Real> weights(count), added(count, 0), assigned(count, 7);
    softmax(spread(count, -2, 2), weights);
    weights[count / 2] = 0;  // its gradient is 0, whatever the sign of the factor
    const auto grad_weights = spread(count, -3, 1);
    softmax_backward(weights, grad_weights, added);
    assign_softmax_backward(weights, grad_weights, assigned);
    CHECK(std::memcmp(assigned.data(), added.data(), count * sizeof(Real)) == 0);
  }
}

TEST_CASE("gumbel_softmax is the softmax of scores with noise, for scores of any scale") {
  for (const std::size_t count : {1, 5, 16, 17, 64, 100, 255, 256, 300, 100000}) {
    for (const double scale : {0.0, 1.0, 60.0, 1e4}) {
      const auto scores = spread(count, -scale, scale / 2);
      std::vector<Real> weights(count), perturbed(count), expected(count);
      Rng one({.seed = 3}), other({.seed = 3});
      gumbel_softmax(scores, one, weights);
      other.fill_uniform(perturbed);
      gumbel(perturbed, perturbed);
      add(scores, perturbed);
      softmax(perturbed, expected);
      double worst = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const double error = std::abs(static_cast<double>(weights[i]) - static_cast<double>(expected[i])) /
                             (static_cast<double>(expected[i]) + kUnit);
        worst = error <= worst ? worst : error;  // NaN is kept
      }
      CHECK(worst < 100 * kUnit * (1 + scale));
      CHECK(one.bits() == other.bits());
    }
  }
  std::vector<Real> weights(3, 7);
  Rng rng;
  gumbel_softmax(std::vector<Real>(3, -kInfinity), rng, weights);
  CHECK(weights == std::vector<Real>(3));
}

TEST_CASE("all_finite finds a single NaN or infinity anywhere") {
  for (std::size_t count = 1; count < 130; ++count) {
    std::vector<Real> row(count, 1);
    CHECK(all_finite(row));
    row[count - 1] = kNaN;
    CHECK_FALSE(all_finite(row));
    row[count - 1] = kInfinity;
    CHECK_FALSE(all_finite(row));
  }
}

}  // namespace fovea::cpu
