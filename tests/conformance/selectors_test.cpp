#include <doctest/doctest.h>

#include <limits>
#include <map>
#include <numeric>

#include "tests/conformance/chosen.h"

namespace fovea::conformance {
namespace {

using Scores = std::vector<Real>;

bool is_valid(const Chosen& chosen, Extent items, Extent capacity) {
  const Real sum = std::accumulate(chosen.weights.begin(), chosen.weights.end(), Real{0});
  const bool is_in_range = !chosen.kept.empty() && chosen.kept.front() >= 0 && chosen.kept.back() < items;
  const bool is_ascending =
      std::adjacent_find(chosen.kept.begin(), chosen.kept.end(), std::greater_equal<>()) == chosen.kept.end();
  const bool is_positive = std::all_of(chosen.weights.begin(), chosen.weights.end(), [](Real w) { return w >= 0; });
  return chosen.count >= 1 && chosen.count <= capacity && is_in_range && is_ascending && is_positive &&
         std::abs(sum - 1) < 32 * std::numeric_limits<Real>::epsilon() * static_cast<Real>(items);
}

/// Draws until this set is kept; the log-probability that the selector gives it.
Real log_prob_of(const Selector& selector, const Scores& scores, const std::vector<Index>& kept) {
  for (std::uint32_t draw = 0; draw < 100000; ++draw) {
    const Chosen chosen = choose(selector, scores, rng_of(draw, 7));
    if (chosen.kept == kept) return chosen.log_prob;
  }
  return std::numeric_limits<Real>::quiet_NaN();
}

}  // namespace

TEST_CASE("every selector gives weights >= 0 that sum to 1, kept ascending, at scales from 1e-5 to 1e4") {
  for (const std::string& text : selector_texts()) {
    CAPTURE(text);
    const auto selector = selector_of(text);
    for (const std::size_t items : {1, 2, 5, 17, 64}) {
      for (const double scale : {1e-5, 1.0, 1e4}) {
        for (const How how : {How::kSelect, How::kGreedy}) {
          CAPTURE(items);
          CAPTURE(scale);
          const Chosen chosen = choose(*selector, distinct_scores(items, rng_of(1), scale), rng_of(2), how);
          CHECK(is_valid(chosen, static_cast<Extent>(items), selector->capacity(static_cast<Extent>(items))));
          CHECK(std::isfinite(chosen.log_prob));
        }
      }
    }
  }
}

TEST_CASE("every selector gives a single item the weight 1, whatever its score") {
  for (const std::string& text : selector_texts()) {
    CAPTURE(text);
    for (const Real score : {Real(-0.0), Real(3), Real(-1e4)}) {
      const Chosen chosen = choose(*selector_of(text), {score}, rng_of(3));
      CHECK(chosen.kept == std::vector<Index>{0});
      CHECK(chosen.weights == Scores{1});
      CHECK(chosen.log_prob == 0);
    }
  }
}

TEST_CASE("every selector that keeps a part prefers the lowest of equal items") {
  for (const std::string& text : selector_texts()) {
    const auto selector = selector_of(text);
    const Chosen chosen = choose(*selector, {1, 2, 2, 2, 0}, rng_of(4), How::kGreedy);
    CAPTURE(text);
    if (chosen.count >= 4) continue;
    std::vector<Index> lowest(static_cast<std::size_t>(chosen.count));
    std::iota(lowest.begin(), lowest.end(), 1);
    CHECK(chosen.kept == lowest);
  }
}

TEST_CASE("no selector keeps more than there is, and sparse ones keep less of many") {
  for (const std::string& text : selector_texts()) {
    CAPTURE(text);
    const auto selector = selector_of(text);
    for (const Extent items : {0, 1, 3, 1000}) CHECK(selector->capacity(items) <= items);
    CHECK(selector->traits().is_sparse == (selector->capacity(1000) < 1000));
    const Chosen chosen = choose(*selector, Scores(3, Real(0.5)), rng_of(5));
    CHECK(is_valid(chosen, 3, 3));
    if (selector->traits().keeps_all) CHECK(chosen.kept == std::vector<Index>{0, 1, 2});
  }
}

TEST_CASE("the score of an item that is far below all others does not matter") {
  for (const std::string& text : selector_texts()) {
    CAPTURE(text);
    const auto selector = selector_of(text);
    Scores scores = distinct_scores(10, rng_of(6));
    const Chosen without = choose(*selector, scores, rng_of(7));
    scores.push_back(-1e4);
    const std::vector<Real> with = choose(*selector, scores, rng_of(7)).dense(11);
    CHECK(with.back() == 0);
    const std::vector<Real> expected = without.dense(10);
    for (std::size_t i = 0; i < 10; ++i) CHECK(with[i] == doctest::Approx(expected[i]).epsilon(1e-5));
  }
}

TEST_CASE("selectors of whole rows equal their row by row selves to the bit") {
  for (const std::string& text : selector_texts()) {
    CAPTURE(text);
    const auto selector = selector_of(text);
    if (!selector->traits().keeps_all || selector->traits().is_random) continue;
    constexpr std::size_t items = 13;
    Scores scores = normals(3 * items, rng_of(8));
    const Scores cotangent = normals(3 * items, rng_of(9));
    Scores weights(3 * items), scratch(static_cast<std::size_t>(selector->scratch(items))), grad(3 * items, Real(0.5));
    std::vector<Index> kept(items);
    std::iota(kept.begin(), kept.end(), 0);
    selector->select_rows({scores, weights, kept, scratch});
    selector->backward_rows({scores, weights, kept, scratch}, cotangent, grad);
    for (std::size_t begin = 0; begin < scores.size(); begin += items) {
      const auto part = [&](const Scores& all) { return Scores(all.data() + begin, all.data() + begin + items); };
      const Chosen chosen = choose(*selector, part(scores), rng_of(10));
      Scores expected(items, Real(0.5));
      selector->backward(part(scores), chosen.choice(), part(cotangent), expected);
      CHECK(part(weights) == chosen.weights);
      CHECK(part(grad) == expected);
    }
  }
}

TEST_CASE("samplers draw as often as their log-probabilities say, which sum to 1") {
  const int draws = 20000;
  for (const std::string& text : selector_texts()) {
    CAPTURE(text);
    const auto selector = selector_of(text);
    if (!selector->traits().samples) continue;
    const Scores scores{0.3F, -0.4F, 1.1F, 0.0F, 0.6F};
    std::map<std::vector<Index>, std::pair<double, int>> seen;
    for (std::uint32_t draw = 0; draw < draws; ++draw) {
      const Chosen chosen = choose(*selector, scores, rng_of(draw));
      seen[chosen.kept].first = std::exp(static_cast<double>(chosen.log_prob));
      ++seen[chosen.kept].second;
    }
    double total = 0;
    for (const auto& [kept, outcome] : seen) {
      const auto [probability, count] = outcome;
      total += probability;
      const double deviation = std::sqrt(draws * probability * (1 - probability));
      CHECK(std::abs(count - draws * probability) < 4.5 * deviation);
    }
    CHECK(total == doctest::Approx(1).epsilon(1e-5));
  }
}

TEST_CASE("samplers take the most probable choice in evaluation") {
  for (const std::string& text : selector_texts()) {
    CAPTURE(text);
    const auto selector = selector_of(text);
    if (!selector->traits().samples) continue;
    const Scores scores = distinct_scores(6, rng_of(11));
    const Chosen greedy = choose(*selector, scores, rng_of(12), How::kGreedy);
    for (std::uint32_t draw = 0; draw < 200; ++draw)
      CHECK(choose(*selector, scores, rng_of(draw)).log_prob <= greedy.log_prob);
    CHECK(greedy.log_prob == doctest::Approx(log_prob_of(*selector, scores, greedy.kept)));
  }
}

#if defined(FOVEA_F64)

TEST_CASE("every differentiable selector has the derivative that central differences give, and adds it") {
  const double h = 1e-5;
  for (const std::string& text : selector_texts()) {
    CAPTURE(text);
    const auto selector = selector_of(text);
    if (!selector->traits().is_differentiable) continue;
    for (const std::size_t items : {1, 2, 7, 20}) {
      const Scores scores = distinct_scores(items, rng_of(13));
      const Scores cotangent = normals(items, rng_of(14));
      const Chosen chosen = choose(*selector, scores, rng_of(15));
      Scores grad_weights, grad(items, 0.25);
      for (const Index item : chosen.kept) grad_weights.push_back(cotangent[static_cast<std::size_t>(item)]);
      selector->backward(scores, chosen.choice(), grad_weights, grad);
      for (std::size_t i = 0; i < items; ++i) {
        Scores up = scores, down = scores;
        up[i] += h;
        down[i] -= h;
        const Scores a = choose(*selector, up, rng_of(15)).dense(items);
        const Scores b = choose(*selector, down, rng_of(15)).dense(items);
        double slope = 0;
        for (std::size_t j = 0; j < items; ++j) slope += cotangent[j] * (a[j] - b[j]) / (2 * h);
        CHECK(std::abs(grad[i] - 0.25 - slope) < 1e-8);
      }
    }
  }
}

TEST_CASE("every sampler has the log-probability gradient that central differences give, and adds it") {
  const double h = 1e-5;
  for (const std::string& text : selector_texts()) {
    CAPTURE(text);
    const auto selector = selector_of(text);
    if (!selector->traits().samples) continue;
    const Scores scores = distinct_scores(6, rng_of(16));
    const Chosen chosen = choose(*selector, scores, rng_of(17));
    Scores grad(6, 0.25);
    selector->log_prob_backward(scores, chosen.choice(), 1.7, grad);
    for (std::size_t i = 0; i < 6; ++i) {
      Scores up = scores, down = scores;
      up[i] += h;
      down[i] -= h;
      const double slope = (log_prob_of(*selector, up, chosen.kept) - log_prob_of(*selector, down, chosen.kept)) / (2 * h);
      CHECK(std::abs(grad[i] - 0.25 - 1.7 * slope) < 1e-8);
    }
  }
}

#endif

}  // namespace fovea::conformance
