#include <doctest/doctest.h>

#include <map>

#include "framework/core/error.h"
#include "tests/conformance/chosen.h"

// Selectors beyond softmax, argmax and top_k: examples that a reader can verify, and samplers compared with all outcomes.
namespace fovea {
namespace {

using conformance::choose;
using conformance::Chosen;
using conformance::distinct_scores;
using conformance::How;
using conformance::rng_of;
using conformance::selector_of;
using Reals = std::vector<Real>;
using Set = std::vector<Index>;

constexpr double kLimit = sizeof(Real) == 8 ? 1e-11 : 2e-6;

void check_near(const Reals& a, const Reals& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])) < kLimit);
}

Chosen chosen_by(const std::string& text, const Reals& scores) {
  return choose(*selector_of(text), scores, rng_of(0), How::kGreedy);
}

Reals logs(const Reals& values) {
  Reals scores;
  for (const Real value : values) scores.push_back(std::log(value));
  return scores;
}

/// The probability to draw the items of a set one after another, in any order, by the sum over all orders.
double without_replacement(const Set& set, const std::vector<double>& probabilities) {
  Set order = set;
  double total = 0;
  do {
    double left = 1, product = 1;
    for (const Index item : order) {
      product *= probabilities[item] / left;
      left -= probabilities[item];
    }
    total += product;
  } while (std::next_permutation(order.begin(), order.end()));
  return total;
}

std::vector<double> softmax_of(const Reals& scores, double temperature) {
  std::vector<double> probabilities;
  double sum = 0;
  for (const Real score : scores) sum += std::exp(static_cast<double>(score) / temperature);
  for (const Real score : scores) probabilities.push_back(std::exp(static_cast<double>(score) / temperature) / sum);
  return probabilities;
}

}  // namespace

TEST_CASE("sparsemax keeps what is above its threshold, and its gradient is that of a mean") {
  const Chosen chosen = chosen_by("sparsemax", {0, 0.5, 1, -2});
  CHECK(chosen.kept == Set{1, 2});
  check_near(chosen.weights, {0.25, 0.75});
  Reals grad{1, 1, 1, 1};
  half_of<DifferentiableChoice>(*selector_of("sparsemax(0.5)"))->backward({}, chosen.choice(), Reals{3, 5}, grad);
  check_near(grad, {1, -1, 3, 1});  // (g - 4) / 0.5 on kept, added to 1
}

TEST_CASE("entmax with alpha 1.5 gives scores 0 and 1 the squares that solve its equation") {
  const double u = (1 + std::sqrt(7.0)) / 4;  // u^2 + (u - 1/2)^2 = 1
  const auto small = static_cast<Real>((u - 0.5) * (u - 0.5));
  check_near(chosen_by("entmax", {0, 1}).weights, {small, 1 - small});
  CHECK(chosen_by("entmax", {0, 2.5}).kept == Set{1});
}

TEST_CASE("entmax lies between softmax and sparsemax") {
  const Reals scores = distinct_scores(9, rng_of(1), 2);
  check_near(chosen_by("entmax(2)", scores).dense(9), chosen_by("sparsemax", scores).dense(9));
  const Reals close = chosen_by("entmax(1.01)", scores).dense(9);
  const Reals soft = chosen_by("softmax", scores).dense(9);
  for (std::size_t i = 0; i < 9; ++i) CHECK(std::abs(close[i] - soft[i]) < 0.02);
  Extent previous = 10;
  for (const char* text : {"entmax(1.05)", "entmax(1.3)", "entmax", "entmax(2)", "entmax(4)"}) {
    const Extent count = chosen_by(text, scores).count;
    CHECK(count <= previous);
    previous = count;
  }
  CHECK_THROWS_AS(selector_of("entmax(1)"), Error);
}

TEST_CASE("top_p keeps the shortest head that holds the share p, equal items from the lowest on") {
  const Reals scores = logs({Real(0.1), Real(0.4), Real(0.3), Real(0.2)});
  const Chosen chosen = chosen_by("top_p(0.65)", scores);
  CHECK(chosen.kept == Set{1, 2});
  check_near(chosen.weights, {Real(4) / 7, Real(3) / 7});
  CHECK(chosen_by("top_p(0)", scores).kept == Set{1});
  CHECK(chosen_by("top_p(0.75)", scores).kept == Set{1, 2, 3});
  CHECK(chosen_by("top_p(0.45)", {7, 7, 7, 7}).kept == Set{0, 1});
}

TEST_CASE("threshold keeps the items whose probability reaches the share, and the best one in any case") {
  const Reals scores = logs({Real(0.1), Real(0.4), Real(0.3), Real(0.2)});
  const Chosen chosen = chosen_by("threshold(0.25)", scores);
  CHECK(chosen.kept == Set{1, 2});
  check_near(chosen.weights, {Real(4) / 7, Real(3) / 7});
  CHECK(chosen_by("threshold(0.45)", scores).kept == Set{1});
  CHECK(chosen_by("threshold(0.45, of=best)", scores).kept == Set{1, 2, 3});
  CHECK(chosen_by("threshold(0.9)", {2, 5, 5}).kept == Set{1});
  CHECK(selector_of("threshold(0.02)")->capacity(1000) == 50);
  CHECK(chosen_by("threshold(0.02)", Reals(50, 1)).count >= 1);
}

TEST_CASE("the largest weight of gumbel_softmax falls on an item as often as softmax says, at any temperature") {
  const Reals scores{Real(0.3), Real(-0.4), Real(1.1), 0, Real(0.6)};
  const std::vector<double> expected = softmax_of(scores, 1);
  const int draws = 20000;
  for (const char* text : {"gumbel_softmax", "gumbel_softmax(0.1)"}) {
    std::vector<int> counts(5);
    for (std::uint32_t draw = 0; draw < draws; ++draw) {
      const Chosen chosen = choose(*selector_of(text), scores, rng_of(draw, 1));
      ++counts[std::max_element(chosen.weights.begin(), chosen.weights.end()) - chosen.weights.begin()];
    }
    for (std::size_t i = 0; i < 5; ++i) {
      CHECK(std::abs(counts[i] - draws * expected[i]) < 4.5 * std::sqrt(draws * expected[i] * (1 - expected[i])));
    }
  }
}

TEST_CASE("gumbel_softmax without noise is softmax, and with noise a different row every time") {
  const Reals scores = distinct_scores(20, rng_of(2));
  check_near(chosen_by("gumbel_softmax(0.3)", scores).weights, chosen_by("softmax(0.3)", scores).weights);
  const auto selector = selector_of("gumbel_softmax");
  CHECK(choose(*selector, scores, rng_of(1)).weights == choose(*selector, scores, rng_of(1)).weights);
  CHECK(choose(*selector, scores, rng_of(1)).weights != choose(*selector, scores, rng_of(2)).weights);
}

TEST_CASE("the log-probability of gumbel_top_k is the sum over all orders, for every one of the sets") {
  for (const double temperature : {1.0, 0.4, 3.0}) {
    const auto selector = selector_of("gumbel_top_k(3, temperature=" + std::to_string(temperature) + ")");
    const Reals scores = distinct_scores(6, rng_of(3), 0.8);
    const std::vector<double> probabilities = softmax_of(scores, temperature);
    std::map<Set, double> seen;
    for (std::uint32_t draw = 0; seen.size() < 20 && draw < 400000; ++draw) {
      const Chosen chosen = choose(*selector, scores, rng_of(draw, 2));
      seen[chosen.kept] = std::exp(static_cast<double>(chosen.log_prob));
    }
    double total = 0;
    for (const auto& [set, probability] : seen) {
      CHECK(std::abs(probability - without_replacement(set, probabilities)) < kLimit);
      total += probability;
    }
    CHECK(seen.size() == 20);
    CHECK(std::abs(total - 1) < 10 * kLimit);
  }
}

TEST_CASE("the log-probability of gumbel_top_k stays finite where all other items are almost impossible") {
  const Chosen chosen = chosen_by("gumbel_top_k(2)", {1e4, -1e4, 0, Real(0.6931471805599453)});
  CHECK(chosen.kept == Set{0, 3});
  CHECK(std::exp(chosen.log_prob) == doctest::Approx(2.0 / 3));  // item 0 is certain, then 3 against 2
}

TEST_CASE("sets of one item of gumbel_top_k and k_subset are draws from softmax") {
  const Reals scores = distinct_scores(5, rng_of(4));
  for (const char* text : {"gumbel_top_k(1)", "k_subset(1)"}) {
    const Chosen chosen = chosen_by(text, scores);
    CHECK(std::abs(chosen.log_prob - chosen_by("sample", scores).log_prob) < 10 * kLimit);
    CHECK(chosen.kept == chosen_by("sample", scores).kept);
  }
}

}  // namespace fovea
