#include <doctest/doctest.h>

#include <map>
#include <numeric>

#include "framework/attention/k_subset.h"
#include "framework/attention/subset_list.h"
#include "tests/conformance/chosen.h"

// The distribution of sets of k items, compared with an enumeration of all sets.
namespace fovea {
namespace {

using conformance::choose;
using conformance::Chosen;
using conformance::normals;
using conformance::rng_of;
using conformance::selector_of;
using Reals = std::vector<Real>;
using Set = std::vector<Index>;

constexpr std::size_t kItems = 10;
constexpr Extent kKept = 5;
constexpr double kLimit = sizeof(Real) == 8 ? 1e-12 : 2e-6;

struct Example {
  Reals scores;
  double temperature = 1;
  Extent k = kKept;
  mutable Reals scratch = {};

  SubsetRow row() const {
    scratch.assign(static_cast<std::size_t>(subset_scratch(static_cast<Extent>(scores.size()), k)), Real(-7));
    return {scores, temperature, k, scratch};
  }
};

/// Every set of k items with its probability, in double precision and relative to the best scores.
std::map<Set, double> all_sets(const Example& row) {
  Reals sorted = row.scores;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  double most = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(row.k); ++i) most += static_cast<double>(sorted[i]);
  std::map<Set, double> sets;
  double total = 0;
  for (std::uint32_t members = 0; members < (1U << row.scores.size()); ++members) {
    if (__builtin_popcount(members) != row.k) continue;
    Set set;
    double sum = -most;
    for (std::size_t i = 0; i < row.scores.size(); ++i) {
      if (((members >> i) & 1U) == 0) continue;
      set.push_back(static_cast<Index>(i));
      sum += static_cast<double>(row.scores[i]);
    }
    total += sets[set] = std::exp(sum / row.temperature);
  }
  for (auto& [set, probability] : sets) probability /= total;
  return sets;
}

std::vector<double> marginals_of(const std::map<Set, double>& sets, std::size_t items) {
  std::vector<double> marginals(items);
  for (const auto& [set, probability] : sets) {
    for (const Index item : set) marginals[item] += probability;
  }
  return marginals;
}

std::vector<Example> rows() {
  return {{normals(kItems, rng_of(1))},
          {normals(kItems, rng_of(2)), 0.1},
          {Reals(kItems, 3)},
          {{0, 1e4, -1e4, 2, 2, 1e4, 1, 0, -3, 1e4}},
          {{-1e4, 0, 0, 0, 0, 0, 0, 0, 0, 1e4}, 1, 3},
          {normals(kItems, rng_of(3)), 1, 1},
          {normals(kItems, rng_of(4)), 1, 9}};
}

}  // namespace

TEST_CASE("there are 252 sets of 5 of 10 items, and their log-probabilities are those of the formula") {
  for (const Example& row : rows()) {
    const auto sets = all_sets(row);
    double total = 0;
    for (const auto& [set, probability] : sets) {
      const double found = std::exp(static_cast<double>(subset_log_prob(row.row(), set)));
      CHECK(std::abs(found - probability) < 5 * kLimit);
      total += found;
    }
    CHECK(std::abs(total - 1) < 20 * kLimit);
  }
  CHECK(all_sets(rows()[0]).size() == 252);
}

TEST_CASE("marginals are the sums over all sets that hold the item, and sum to k") {
  for (const Example& row : rows()) {
    const std::vector<double> expected = marginals_of(all_sets(row), kItems);
    Reals marginals(kItems);
    subset_marginals(row.row(), marginals);
    double sum = 0;
    for (std::size_t i = 0; i < kItems; ++i) {
      CHECK(std::abs(static_cast<double>(marginals[i]) - expected[i]) < kLimit);
      sum += static_cast<double>(marginals[i]);
    }
    CHECK(std::abs(sum - static_cast<double>(row.k)) < 5 * kLimit);
  }
}

TEST_CASE("the gradient of the marginals is their covariance over all sets, added") {
  for (const Example& row : rows()) {
    const auto sets = all_sets(row);
    const std::vector<double> marginals = marginals_of(sets, kItems);
    const Reals cotangent = normals(kItems, rng_of(5));
    std::vector<double> expected(kItems, 0.5);
    for (const auto& [set, probability] : sets) {
      double part = 0;
      for (const Index item : set) part += static_cast<double>(cotangent[item]);
      for (const Index item : set) expected[item] += probability * part / row.temperature;
      for (std::size_t i = 0; i < kItems; ++i) expected[i] -= probability * part * marginals[i] / row.temperature;
    }
    Reals gradient(kItems, Real(0.5));
    subset_marginals_backward(row.row(), cotangent, gradient);
    for (std::size_t i = 0; i < kItems; ++i) CHECK(std::abs(static_cast<double>(gradient[i]) - expected[i]) < 40 * kLimit);
  }
}

#if defined(FOVEA_F64)

TEST_CASE("the Jacobian of the marginals is the one of central differences") {
  const double h = 1e-6;
  for (const Example& row : rows()) {
    if (*std::max_element(row.scores.begin(), row.scores.end()) > 100) continue;  // a step of h would be rounded
    for (std::size_t item = 0; item < kItems; ++item) {
      Reals unit(kItems), jacobian(kItems);
      unit[item] = 1;
      subset_marginals_backward(row.row(), unit, jacobian);
      for (std::size_t i = 0; i < kItems; ++i) {
        Example up = row, down = row;
        up.scores[i] += h;
        down.scores[i] -= h;
        Reals above(kItems), below(kItems);
        subset_marginals(up.row(), above);
        subset_marginals(down.row(), below);
        CHECK(std::abs(jacobian[i] - (above[item] - below[item]) / (2 * h)) < 1e-9);
      }
    }
  }
}

#endif

TEST_CASE("sets are counted and numbered in lexicographic order") {
  CHECK(subset_count(10, 5) == 252);
  CHECK(subset_count(14, 7) == 3432);
  CHECK(subset_count(4096, 1) == kMostSubsets);
  CHECK(subset_count(4096, 4095) == kMostSubsets);
  CHECK(subset_count(15, 7) == kMostSubsets + 1);  // 6435
  CHECK(subset_count(Extent{1} << 40, 1 << 20) == kMostSubsets + 1);
  CHECK(subset_count(5, 5) == 1);
  CHECK(subset_count(5, 9) == 1);
  for (const Extent k : {1, 3, 5, 9}) {
    Set last;
    for (Extent number = 0; number < subset_count(10, k); ++number) {
      Set kept(static_cast<std::size_t>(k));
      subset_of_number(10, number, kept);
      CHECK(std::adjacent_find(kept.begin(), kept.end(), std::greater_equal<>()) == kept.end());
      CHECK(kept.front() >= 0);
      CHECK(kept.back() < 10);
      CHECK(last < kept);
      last = kept;
    }
  }
}

TEST_CASE("the log-probabilities of all sets are those of the sets alone, and sum to 1") {
  for (const Example& row : rows()) {
    Reals log_probs(static_cast<std::size_t>(subset_count(kItems, row.k)));
    subset_log_probs(row.scores, row.temperature, row.k, log_probs);
    double total = 0;
    for (std::size_t number = 0; number < log_probs.size(); ++number) {
      Set kept(static_cast<std::size_t>(row.k));
      subset_of_number(kItems, static_cast<Extent>(number), kept);
      const Real alone = subset_log_prob(row.row(), kept);
      CHECK(std::abs(log_probs[number] - alone) < 10 * kLimit * std::max(Real(1), std::abs(alone)));
      total += std::exp(static_cast<double>(log_probs[number]));
    }
    CHECK(std::abs(total - 1) < kLimit);
  }
  Reals certain(1, 7);
  subset_log_probs(Reals{1, 2}, 1, 2, certain);
  CHECK(certain == Reals{0});
}

TEST_CASE("the gradient of the log-probabilities of all sets is the sum of their gradients, added") {
  for (const Example& row : rows()) {
    const auto selector =
        selector_of("k_subset(" + std::to_string(row.k) + ", temperature=" + (row.temperature == 1 ? "1" : "0.1") + ")");
    const auto count = static_cast<std::size_t>(half_of<EnumerableChoice>(*selector)->choices(kItems));
    REQUIRE(count == static_cast<std::size_t>(subset_count(kItems, row.k)));
    const Reals cotangent = normals(count, rng_of(10));
    std::vector<double> expected(kItems, 0.5);
    for (std::size_t number = 0; number < count; ++number) {
      Chosen chosen = choose(*selector, row.scores, rng_of(0));
      Choice choice = chosen.choice();
      half_of<EnumerableChoice>(*selector)->take(row.scores, static_cast<Extent>(number), choice);
      Reals slope(kItems);
      half_of<SampledChoice>(*selector)->log_prob_backward(row.scores, choice, cotangent[number], slope);
      for (std::size_t i = 0; i < kItems; ++i) expected[i] += static_cast<double>(slope[i]);
    }
    Reals gradient(kItems, Real(0.5));
    half_of<EnumerableChoice>(*selector)->log_probs_backward(row.scores, cotangent, gradient);
    for (std::size_t i = 0; i < kItems; ++i) {
      CHECK(std::abs(static_cast<double>(gradient[i]) - expected[i]) < 100 * kLimit / row.temperature);
    }
  }
}

TEST_CASE("sets are drawn as often as they are probable") {
  const Example row{normals(kItems, rng_of(6))};
  const int draws = 40000;
  std::map<Set, int> counts;
  for (std::uint32_t draw = 0; draw < draws; ++draw) {
    Set kept(static_cast<std::size_t>(kKept));
    const Real log_prob = draw_subset(row.row(), rng_of(draw, 90), kept);
    ++counts[kept];
    if (draw < 100) CHECK(log_prob == subset_log_prob(row.row(), kept));
  }
  double chi_square = 0;  // 251 degrees of freedom: mean 251, deviation 22.4
  for (const auto& [set, probability] : all_sets(row)) {
    chi_square += std::pow(counts[set] - draws * probability, 2) / (draws * probability);
  }
  CHECK(chi_square < 251 + 4 * 22.4);
  CHECK(chi_square > 251 - 4 * 22.4);
}

TEST_CASE("a set as large as the row is certain, and one item of many is a draw from softmax") {
  const Example all{{1, 5, -2}, 1, 3};
  Set kept(3);
  CHECK(draw_subset(all.row(), rng_of(1), kept) == 0);
  CHECK(kept == Set{0, 1, 2});
  const Reals scores = normals(6, rng_of(7));
  const Chosen soft = choose(*selector_of("softmax(0.7)"), scores, rng_of(0));
  const Chosen marginals = choose(*selector_of("k_subset_marginals(1, temperature=0.7)"), scores, rng_of(0));
  for (std::size_t i = 0; i < 6; ++i) CHECK(std::abs(soft.weights[i] - marginals.weights[i]) < kLimit);
}

TEST_CASE("long rows of large sets neither overflow nor vanish") {
  for (const double scale : {0.0, 1.0, 50.0}) {
    Example row{normals(4096, rng_of(8)), 1, 100};
    for (Real& score : row.scores) score *= static_cast<Real>(scale);
    Reals marginals(4096);
    subset_marginals(row.row(), marginals);
    double sum = 0;
    for (const Real marginal : marginals) sum += static_cast<double>(marginal);
    CHECK(sum == doctest::Approx(100).epsilon(sizeof(Real) == 8 ? 1e-10 : 1e-3));
    Set kept(100);
    const Real log_prob = draw_subset(row.row(), rng_of(9), kept);
    CHECK(log_prob < 0);
    CHECK(std::isfinite(log_prob));
  }
}

}  // namespace fovea
