#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "framework/core/rng.h"
#include "framework/cpu/simplex.h"

using namespace fovea;

namespace {

using Reals = std::vector<Real>;
constexpr double kLimit = sizeof(Real) == 8 ? 1e-12 : 2e-6;

template <class Function>
Reals dense(const Reals& scores, Function function) {
  Reals weights(scores.size(), -7), all(scores.size());
  std::vector<Index> kept(scores.size(), -7);
  Reals scratch(static_cast<std::size_t>(cpu::simplex_scratch(static_cast<Extent>(scores.size()))), -7);
  const Extent count = function(scores, cpu::SparseRow{weights.data(), kept.data(), scratch.data()});
  for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k) all[kept[k]] = weights[k];
  return all;
}

Reals with_alpha(const Reals& scores, double alpha, double temperature = 1) {
  return dense(scores, [&](const Reals& s, const cpu::SparseRow& out) { return cpu::entmax(s, alpha, temperature, out); });
}
Reals with_sparsemax(const Reals& scores, double temperature = 1) {
  return dense(scores, [&](const Reals& s, const cpu::SparseRow& out) { return cpu::sparsemax(s, temperature, out); });
}
Reals with_entmax15(const Reals& scores, double temperature = 1) {
  return dense(scores, [&](const Reals& s, const cpu::SparseRow& out) { return cpu::entmax15(s, temperature, out); });
}

/// The weights in double precision, by bisection on tau.
Reals by_bisection(const Reals& scores, double alpha, double temperature) {
  const double most = static_cast<double>(*std::max_element(scores.begin(), scores.end()));
  const auto weight = [&](Real score, double tau) {
    const double x = (alpha - 1) * (static_cast<double>(score) - most) / temperature;
    return std::pow(std::max(x - tau, 0.0), 1 / (alpha - 1));
  };
  double low = -1, high = 0;
  for (int round = 0; round < 200; ++round) {
    const double tau = (low + high) / 2;
    double sum = 0;
    for (const Real score : scores) sum += weight(score, tau);
    (sum >= 1 ? low : high) = tau;
  }
  Reals weights;
  for (const Real score : scores) weights.push_back(static_cast<Real>(weight(score, low)));
  return weights;
}

double distance(const Reals& a, const Reals& b) {
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double error = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (!(error <= worst)) worst = error;  // a NaN stays
  }
  return worst;
}

Reals random_scores(std::size_t items, double scale, std::uint64_t seed) {
  Rng rng({.seed = seed});
  Reals scores(items);
  rng.fill_normal(scores);
  for (Real& score : scores) score = static_cast<Real>(scale) * score;
  return scores;
}

using RowFunction = Extent (*)(std::span<const Real>, double, const cpu::SparseRow&);
using RowsFunction = void (*)(std::span<const Real>, Extent, double, const cpu::SparseRows&);

/// What was written for every row of scores [R, N]: weights and places [R, N + 3], then counts.
struct Written {
  Reals weights;
  std::vector<Index> kept;
  std::vector<Index> counts;
};

Written together(RowsFunction function, const Reals& scores, std::size_t items) {
  const std::size_t rows = scores.size() / items;
  const auto capacity = static_cast<Extent>(items + 3);
  Written out{Reals(rows * (items + 3) + 1, -7), std::vector<Index>(rows * (items + 3) + 1, -7),
              std::vector<Index>(rows + 1, -7)};
  Reals scratch(static_cast<std::size_t>(cpu::simplex_scratch(static_cast<Extent>(items))), -7);
  function(scores, static_cast<Extent>(items), 0.7,
           {capacity, out.weights.data(), out.kept.data(), out.counts.data(), scratch.data()});
  return out;
}

Written one_by_one(RowFunction function, const Reals& scores, std::size_t items) {
  Written out;
  Reals scratch(static_cast<std::size_t>(cpu::simplex_scratch(static_cast<Extent>(items))), -7);
  for (std::size_t begin = 0; begin < scores.size(); begin += items) {
    Reals weights(items + 3);
    std::vector<Index> kept(items + 3, -1);
    const Extent count =
        function(std::span(scores).subspan(begin, items), 0.7, {weights.data(), kept.data(), scratch.data()});
    out.weights.insert(out.weights.end(), weights.begin(), weights.end());
    out.kept.insert(out.kept.end(), kept.begin(), kept.end());
    out.counts.push_back(static_cast<Index>(count));
  }
  out.weights.push_back(-7);
  out.kept.push_back(-7);
  out.counts.push_back(-7);
  return out;
}

void check_together(const Reals& scores, std::size_t items) {
  const std::pair<RowFunction, RowsFunction> functions[] = {{cpu::sparsemax, cpu::sparsemax_rows},
                                                            {cpu::entmax15, cpu::entmax15_rows}};
  for (const auto& [one, many] : functions) {
    const Written expected = one_by_one(one, scores, items);
    const Written came = together(many, scores, items);
    CHECK(came.counts == expected.counts);
    CHECK(came.kept == expected.kept);
    CHECK(std::memcmp(came.weights.data(), expected.weights.data(), expected.weights.size() * sizeof(Real)) == 0);
  }
}

}  // namespace

TEST_CASE("sparsemax of 0, 0.5, 1 is 0, 0.25, 0.75, and of scores further apart a single item") {
  CHECK(with_sparsemax({0, 0.5, 1}) == Reals{0, 0.25, 0.75});
  CHECK(with_sparsemax({0, 0.5, 1}, 0.5) == Reals{0, 0, 1});
  CHECK(with_sparsemax({3, 3, -1e4, 3}).at(2) == 0);
}

TEST_CASE("entmax15 of scores 0, 1 solves the quadratic equation of its threshold") {
  // u^2 + (u - 1/2)^2 = 1, u > 1/2:  u = (1 + sqrt(7)) / 4
  const double u = (1 + std::sqrt(7.0)) / 4;
  CHECK(distance(with_entmax15({0, 1}), {static_cast<Real>((u - 0.5) * (u - 0.5)), static_cast<Real>(u * u)}) < kLimit);
}

TEST_CASE("projections agree with bisection for rows of any length and scale") {
  for (const std::size_t items : {1, 2, 3, 8, 15, 16, 17, 63, 64, 65, 100, 1000, 4096}) {
    for (const double scale : {1e-5, 0.1, 1.0, 30.0, 1e4}) {
      CAPTURE(items);
      CAPTURE(scale);
      const Reals scores = random_scores(items, scale, items);
      CHECK(distance(with_sparsemax(scores, 0.8), by_bisection(scores, 2, 0.8)) < kLimit);
      CHECK(distance(with_entmax15(scores, 0.8), by_bisection(scores, 1.5, 0.8)) < kLimit);
      for (const double alpha : {1.05, 1.25, 1.5, 2.0, 2.5}) {
        CAPTURE(alpha);
        CHECK(distance(with_alpha(scores, alpha, 0.8), by_bisection(scores, alpha, 0.8)) < 20 * kLimit);
      }
    }
  }
}

TEST_CASE("equal scores share the weight, to the last bits, however many there are") {
  for (const std::size_t items : {1, 5, 64, 333, 5000}) {
    for (const Reals& weights : {with_sparsemax(Reals(items, 3)), with_entmax15(Reals(items, -2)),
                                 with_alpha(Reals(items, 0), 1.3), with_alpha(Reals(items, 7), 3)}) {
      CAPTURE(items);
      CHECK(distance(weights, Reals(items, Real(1) / static_cast<Real>(items))) * static_cast<double>(items) < 20 * kLimit);
    }
  }
}

TEST_CASE("a score that is not finite makes the whole row undefined") {
  for (const Real bad : {std::numeric_limits<Real>::quiet_NaN(), std::numeric_limits<Real>::infinity()}) {
    Reals scores = random_scores(70, 1, 1);
    scores[37] = bad;
    for (const Reals& weights : {with_sparsemax(scores), with_entmax15(scores), with_alpha(scores, 1.3)}) {
      CHECK(std::all_of(weights.begin(), weights.end(), [](Real w) { return std::isnan(w); }));
    }
  }
}

TEST_CASE("a score of minus infinity has no weight and changes no other") {
  Reals scores = random_scores(40, 1, 2);
  const Reals without = with_entmax15(scores);
  scores.push_back(-std::numeric_limits<Real>::infinity());
  Reals with = with_entmax15(scores);
  CHECK(with.back() == 0);
  with.pop_back();
  CHECK(distance(with, without) < kLimit);
}

TEST_CASE("many rows at once have the bits of each row alone, and nothing is written beyond them") {
  for (const std::size_t items : {1, 2, 7, 8, 15, 16, 17, 31, 33, 64, 100, 127, 128, 129, 300}) {
    CAPTURE(items);
    for (const std::size_t rows : {1, 3, 8, 16, 17, 40}) {
      for (const double scale : {0.0, 1e-3, 0.5, 2.0, 1e4}) check_together(random_scores(rows * items, scale, items), items);
    }
  }
}

TEST_CASE("rows of other scales, rows with infinite scores and undefined rows do not disturb those beside them") {
  constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
  for (const std::size_t items : {5, 64, 90}) {
    Reals scores = random_scores(20 * items, 1, 7);
    for (std::size_t i = 0; i < items; ++i) scores[3 * items + i] *= Real(1e-4);
    for (std::size_t i = 0; i < items; ++i) scores[4 * items + i] *= Real(1e4);
    std::fill_n(scores.begin() + static_cast<std::ptrdiff_t>(6 * items), items, Real(2));
    std::fill_n(scores.begin() + static_cast<std::ptrdiff_t>(9 * items), items, -kInfinity);
    scores[11 * items + 1] = -kInfinity;
    scores[12 * items + 2] = kInfinity;
    scores[17 * items + items - 1] = std::numeric_limits<Real>::quiet_NaN();
    check_together(scores, items);
  }
}

TEST_CASE("the gradient of sparsemax is g less its mean, that of entmax15 weighted by the roots of the weights") {
  const Reals weights{Real(0.25), Real(0.5), Real(0.25)}, grad{1, 2, 6};
  const std::vector<Index> kept{0, 3, 4};
  Reals sparse(6, 1), soft(6, 1);
  cpu::sparsemax_backward({weights, kept.data(), grad.data()}, 0.5, sparse.data());
  CHECK(distance(sparse, {1 + 2 * (1 - 3), 1, 1, 1 + 2 * (2 - 3), 1 + 2 * (6 - 3), 1}) < kLimit);
  const double root = std::sqrt(0.5);
  const double mean = (0.5 * 1 + root * 2 + 0.5 * 6) / (1 + root);
  cpu::entmax15_backward({weights, kept.data(), grad.data()}, 2, soft.data());
  CHECK(distance(soft, {static_cast<Real>(1 + 0.25 * (1 - mean)), 1, 1, static_cast<Real>(1 + root / 2 * (2 - mean)),
                        static_cast<Real>(1 + 0.25 * (6 - mean)), 1}) < kLimit);
}

TEST_CASE("gradients of many kept items are those of a sum over all of them") {
  for (const std::size_t count : {1, 8, 16, 17, 50}) {
    const Reals grad = random_scores(count, 1, 5);
    Reals weights = random_scores(count, 1, 6);
    for (Real& weight : weights) weight = weight * weight + Real(0.01);
    std::vector<Index> kept(count);
    std::iota(kept.begin(), kept.end(), 2);
    double sum = 0, roots = 0, products = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double root = std::sqrt(static_cast<double>(weights[i]));
      sum += static_cast<double>(grad[i]);
      roots += root;
      products += root * static_cast<double>(grad[i]);
    }
    Reals sparse(count + 3, 1), soft(count + 3, 1), expected_sparse(count + 3, 1), expected_soft(count + 3, 1);
    for (std::size_t i = 0; i < count; ++i) {
      const auto pull = static_cast<double>(grad[i]);
      const double root = std::sqrt(static_cast<double>(weights[i]));
      expected_sparse[i + 2] += static_cast<Real>(pull - sum / static_cast<double>(count));
      expected_soft[i + 2] += static_cast<Real>(root * (pull - products / roots));
    }
    cpu::sparsemax_backward({weights, kept.data(), grad.data()}, 1, sparse.data());
    cpu::entmax15_backward({weights, kept.data(), grad.data()}, 1, soft.data());
    CHECK(distance(sparse, expected_sparse) < 4 * kLimit);
    CHECK(distance(soft, expected_soft) < 4 * kLimit);
  }
}
