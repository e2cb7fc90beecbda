#include <doctest/doctest.h>

#include <numeric>

#include "framework/attention/estimator.h"
#include "framework/core/error.h"
#include "modules/estimators/best_items.h"
#include "modules/estimators/sum_of_gamma.h"
#include "tests/conformance/chosen.h"

// Gradients through the choice of several items, for a cost that is linear in the weights: g is the same for every choice.
namespace fovea {
namespace {

using conformance::choose;
using conformance::Chosen;
using conformance::normals;
using conformance::one_draw;
using conformance::rng_of;
using conformance::selector_of;
using Reals = std::vector<Real>;
using Numbers = std::vector<double>;

constexpr double kLimit = sizeof(Real) == 8 ? 1e-12 : 2e-6;

std::unique_ptr<Estimator> estimator_of(const std::string& text) {
  return Registry<Estimator>::instance().parse(text).plugin;
}

/// The gradient of a single estimate.
Reals pull(const Estimator& estimator, const Selector& selector, const Reals& scores, const Reals& grad_weights,
           std::uint32_t draw, Real start = 0) {
  const Chosen chosen = choose(selector, scores, rng_of(draw));
  Reals grad(scores.size(), start);
  half_of<WeightPath>(estimator)->through_choice(selector, scores, chosen.choice(), one_draw(rng_of(draw)), grad_weights,
                                                 grad);
  return grad;
}

/// d sum over choices c of p_c g . w_c / d scores.
Numbers exact(const Selector& selector, const Reals& scores, const Reals& grad_weights) {
  Numbers gradient(scores.size());
  for (Extent number = 0; number < half_of<EnumerableChoice>(selector)->choices(static_cast<Extent>(scores.size()));
       ++number) {
    Chosen chosen = choose(selector, scores, rng_of(0));
    Choice choice = chosen.choice();
    half_of<EnumerableChoice>(selector)->take(scores, number, choice);
    double value = 0;
    for (std::size_t i = 0; i < chosen.kept.size(); ++i) {
      value += static_cast<double>(chosen.weights[i] * grad_weights[chosen.kept[i]]);
    }
    Reals slope(scores.size());
    half_of<SampledChoice>(selector)->log_prob_backward(scores, choice, 1, slope);
    const double share = value * std::exp(static_cast<double>(choice.log_prob));
    for (std::size_t i = 0; i < scores.size(); ++i) gradient[i] += share * static_cast<double>(slope[i]);
  }
  return gradient;
}

/// Checks that the mean of many estimates is `expected`, by its standard error.
void check_mean(const std::string& estimator_text, const std::string& selector_text, const Reals& scores,
                const Reals& grad_weights, const Numbers& expected) {
  CAPTURE(estimator_text);
  const auto estimator = estimator_of(estimator_text);
  const auto selector = selector_of(selector_text);
  constexpr int kDraws = 20000;
  Numbers sum(scores.size()), squares(scores.size());
  for (std::uint32_t draw = 0; draw < kDraws; ++draw) {
    const Reals one = pull(*estimator, *selector, scores, grad_weights, draw);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      sum[i] += static_cast<double>(one[i]);
      squares[i] += static_cast<double>(one[i]) * static_cast<double>(one[i]);
    }
  }
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double mean = sum[i] / kDraws;
    const double error = std::sqrt((squares[i] / kDraws - mean * mean) / kDraws);
    CHECK(error < 0.05);
    CHECK(std::abs(mean - expected[i]) < 4.5 * error);
  }
}

double normal_density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0)); }
double normal_share(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

/// d p(item i is the best of scores + d Z) / d scores_j, for d = `deviation` or, to be the worst, -`deviation`.
Numbers slopes_of_being_best(const Reals& scores, std::size_t i, double deviation) {
  const std::size_t n = scores.size();
  Numbers slopes(n);
  const double h = 1e-3;
  for (double z = -9; z < 9; z += h) {
    for (std::size_t j = 0; j < n; ++j) {
      if (j == i) continue;
      double density = normal_density(z) * h;
      for (std::size_t other = 0; other < n; ++other) {
        const double gap = static_cast<double>(scores[i] - scores[other]) / deviation + z;
        if (other != i) density *= other == j ? normal_density(gap) / deviation : normal_share(gap);
      }
      slopes[i] += density;
      slopes[j] -= density;
    }
  }
  return slopes;
}

}  // namespace

TEST_CASE("k_subset counts its choices where there are at most 4096, and exact and unordered_set refuse the others") {
  const auto selector = selector_of("k_subset(7)");
  CHECK(half_of<EnumerableChoice>(*selector)->choices(14) == 3432);
  CHECK(half_of<EnumerableChoice>(*selector)->choices(15) == 0);
  CHECK(half_of<EnumerableChoice>(*selector)->choices(7) == 1);
  CHECK(EstimatorParts(*estimator_of("exact")).draws(*selector, 14) == 3432);
  CHECK(EstimatorParts(*estimator_of("unordered_set(draws=4)")).draws(*selector, 7) == 1);
  for (const char* text : {"exact", "unordered_set"}) {
    CHECK_THROWS_WITH_AS(EstimatorParts(*estimator_of(text)).draws(*selector, 15), doctest::Contains("enumerated"), Error);
  }
  for (Extent items = 1; items < 200; ++items) CHECK(selector->scratch(items) <= selector->scratch(items + 1));
  CHECK(selector->scratch(15) >= 4096);  // a row of 14 of the 15 items has 3432 choices
}

TEST_CASE("the gradient of the mean weights is that of the sum over all choices, added") {
  for (const char* text : {"k_subset(5)", "k_subset(3, temperature=0.5)", "k_subset(12)", "sample(temperature=2)"}) {
    CAPTURE(text);
    const auto selector = selector_of(text);
    const Reals scores = normals(10, rng_of(1));
    const Reals g = normals(10, rng_of(2));
    const Numbers expected = exact(*selector, scores, g);
    const Chosen chosen = choose(*selector, scores, rng_of(3));
    Reals grad(10, Real(0.5));
    half_of<EnumerableChoice>(*selector)->mean_weights_backward(scores, chosen.choice(), g, grad);
    for (std::size_t i = 0; i < 10; ++i) CHECK(std::abs(static_cast<double>(grad[i]) - 0.5 - expected[i]) < kLimit);
  }
  CHECK(half_of<EnumerableChoice>(*selector_of("gumbel_top_k(2)")) == nullptr);
}

TEST_CASE("simple is exact for a cost that is linear in the weights, whatever was chosen") {
  const Reals scores = normals(10, rng_of(4));
  const Reals g = normals(10, rng_of(5));
  for (const char* text : {"k_subset(5)", "k_subset(2, temperature=0.7)", "k_subset(1)", "sample"}) {
    CAPTURE(text);
    const auto selector = selector_of(text);
    const Numbers expected = exact(*selector, scores, g);
    for (std::uint32_t draw = 0; draw < 20; ++draw) {
      const Reals found = pull(*estimator_of("simple"), *selector, scores, g, draw);
      for (std::size_t i = 0; i < 10; ++i) CHECK(std::abs(static_cast<double>(found[i]) - expected[i]) < kLimit);
    }
  }
}

TEST_CASE("the best items are those of keep_best, also of equal ones") {
  for (std::uint32_t draw = 0; draw < 200; ++draw) {
    Rng rng = rng_of(draw, 40);
    Reals keys(static_cast<std::size_t>(rng.between(1, 12)));
    for (Real& key : keys) key = static_cast<Real>(rng.below(4));
    for (std::size_t count = 1; count <= keys.size(); ++count) {
      std::vector<Index> expected(count), found;
      keep_best(keys, expected);
      Reals copy(keys.size());
      for_best(keys, count, copy, [&](std::size_t i) { found.push_back(static_cast<Index>(i)); });
      CHECK(found == expected);
    }
  }
}

TEST_CASE("implicit_mle without noise compares the best items with those that the gradient of the set has moved") {
  // k = 2, lambda = 4: the scores move by 4 g / 2, to 3, 1, 2.5, 0 of 3, 2, 1, 0, so that item 1 gives way to item 2.
  const auto selector = selector_of("k_subset(2)");
  const Reals grad = pull(*estimator_of("implicit_mle(4, noise=none)"), *selector, {3, 2, 1, 0}, {0, 0.5, -0.75, 0}, 0, 1);
  CHECK(grad == Reals{1, Real(1.25), Real(0.75), 1});
  // Half as far, to 1.5 and 1.75, in two draws that agree; a quarter as far item 1 stays.
  CHECK(pull(*estimator_of("implicit_mle(2, noise=none, draws=2)"), *selector, {3, 2, 1, 0}, {0, 0.5, -0.75, 0}, 0) ==
        Reals{0, Real(0.5), Real(-0.5), 0});
  CHECK(pull(*estimator_of("implicit_mle(1, noise=none)"), *selector, {3, 2, 1, 0}, {0, 0.5, -0.75, 0}, 0) ==
        Reals{0, 0, 0, 0});
}

TEST_CASE("implicit_mle uses the same noise at both scores, and other noise than the choice") {
  const Reals scores = normals(10, rng_of(6));
  const auto selector = selector_of("gumbel_top_k(3)");
  const Reals push = normals(10, rng_of(7));
  for (const char* text : {"implicit_mle(1)", "implicit_mle(1, noise=gumbel)"}) {
    int others = 0;
    for (std::uint32_t draw = 0; draw < 200; ++draw) {
      CHECK(pull(*estimator_of(text), *selector, scores, Reals(10), draw) == Reals(10));
      // All items except one are pushed down without limit: what the first choice holds besides that one shows.
      Reals down(10, 1e6F);
      const Chosen chosen = choose(*selector, scores, rng_of(draw));
      for (const Index item : chosen.kept) down[item] = 0;
      others += pull(*estimator_of(text), *selector, scores, down, draw) != Reals(10) ? 1 : 0;
    }
    CHECK(others > 100);
  }
}

TEST_CASE("implicit_mle with Gumbel noise and one item has the mean difference of two softmax rows") {
  const Reals scores{0.25F, -0.5F, 0.9F};
  const Reals g{0.6F, -0.3F, 0.8F};
  Reals moved = scores;
  for (std::size_t i = 0; i < 3; ++i) moved[i] -= 2 * g[i];
  Reals before(3), after(3);
  tempered_softmax(scores, 0.5, before);
  tempered_softmax(moved, 0.5, after);
  Numbers expected(3);
  for (std::size_t i = 0; i < 3; ++i) expected[i] = static_cast<double>(before[i] - after[i]) / 2;
  check_mean("implicit_mle(2, noise=gumbel, temperature=0.5)", "sample", scores, g, expected);
  check_mean("implicit_mle(2, noise=gumbel, temperature=0.5, draws=3)", "argmax", scores, g, expected);
}

TEST_CASE("the sum of gammas over k items has the moments of the sum of exponentials, close to Gumbel's") {
  const Extent terms = 40;
  double mean = -std::log(static_cast<double>(terms));
  double variance = 0;
  for (Extent i = 1; i <= terms; ++i) {
    mean += 1 / static_cast<double>(i);
    variance += 1 / static_cast<double>(i * i);
  }
  CHECK(mean == doctest::Approx(0.5772).epsilon(0.03));      // of Gumbel noise
  CHECK(variance == doctest::Approx(1.6449).epsilon(0.02));  // pi^2 / 6
  for (const std::size_t k : {1, 2, 5}) {
    CAPTURE(k);
    constexpr int kDraws = 20000;
    double sum = 0, squares = 0, below = 0;
    Rng rng = rng_of(8, static_cast<std::uint32_t>(k));
    for (int draw = 0; draw < kDraws; ++draw) {
      Reals noise(k);
      fill_sum_of_gamma(k, terms, rng, noise);
      const double total = std::accumulate(noise.begin(), noise.end(), 0.0);
      sum += total / kDraws;
      squares += total * total / kDraws;
      below += total < 0 ? 1.0 / kDraws : 0;
    }
    CHECK(std::abs(sum - mean) < 4.5 * std::sqrt(variance / kDraws));
    CHECK(squares - sum * sum == doctest::Approx(variance).epsilon(0.06));
    CHECK(below == doctest::Approx(std::exp(-1.0)).epsilon(0.05));  // of Gumbel noise
  }
}

TEST_CASE("perturb_and_select has the gradient of the best item under noise as its mean") {
  const Reals scores{0.25F, -0.5F, 0.9F, 0.3F};
  const Reals g{0.6F, -0.3F, 0.8F, -1.1F};
  for (const double deviation : {0.5, 1.5}) {
    Numbers expected(4);
    for (std::size_t i = 0; i < 4; ++i) {
      const Numbers slopes = slopes_of_being_best(scores, i, deviation);
      for (std::size_t j = 0; j < 4; ++j) expected[j] += static_cast<double>(g[i]) * slopes[j];
    }
    const std::string text = "perturb_and_select(" + std::string(deviation < 1 ? "0.5" : "1.5");
    for (const char* selector : {"argmax", "top_k(1)", "sample"}) {
      check_mean(text + ", draws=2)", selector, scores, g, expected);
      check_mean(text + ", draws=7)", selector, scores, g, expected);
    }
  }
}

TEST_CASE("perturb_and_select has the gradient of the best sets under noise as its mean") {
  // All but the worst of 4 items: w_i = (1 - [i is the worst]) / 3.
  const Reals scores{0.25F, -0.5F, 0.9F, 0.3F};
  const Reals g{0.6F, -0.3F, 0.8F, -1.1F};
  Reals negative = scores;
  for (Real& score : negative) score = -score;
  Numbers expected(4);
  for (std::size_t i = 0; i < 4; ++i) {
    const Numbers slopes = slopes_of_being_best(negative, i, 1);  // with respect to the negative scores
    for (std::size_t j = 0; j < 4; ++j) expected[j] += static_cast<double>(g[i]) * slopes[j] / 3;
  }
  check_mean("perturb_and_select(draws=5)", "k_subset(3)", scores, g, expected);
  check_mean("perturb_and_select(draws=5)", "gumbel_top_k(3)", scores, g, expected);
}

TEST_CASE("estimators of hard choices are refused where weights differ, and give 0 where there is nothing to choose") {
  for (const char* text : {"implicit_mle", "perturb_and_select"}) {
    for (const char* selector : {"softmax", "top_k(2)", "sparsemax", "k_subset_marginals"}) {
      CHECK(misfit(*selector_of(selector), selector, *estimator_of(text), text).find("equal weights") != std::string::npos);
    }
    for (const char* selector : {"argmax", "top_k(1)", "sample", "k_subset(2)", "gumbel_top_k(2)"}) {
      CHECK(misfit(*selector_of(selector), selector, *estimator_of(text), text).empty());
    }
    CHECK(pull(*estimator_of(text), *selector_of("k_subset(4)"), {1, 2, 3}, {3, -5, 2}, 1) == Reals{0, 0, 0});
    CHECK(pull(*estimator_of(text), *selector_of("argmax"), {1}, {3}, 1) == Reals{0});
  }
  CHECK(misfit(*selector_of("softmax"), "softmax", *estimator_of("simple"), "simple") != "");
  CHECK(misfit(*selector_of("gumbel_top_k"), "gumbel_top_k", *estimator_of("simple"), "simple") != "");
  CHECK(misfit(*selector_of("k_subset(40)"), "k_subset(40)", *estimator_of("simple"), "simple").empty());
}

}  // namespace fovea
