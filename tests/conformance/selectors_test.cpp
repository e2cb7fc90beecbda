#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <map>
#include <numeric>

#include "tests/conformance/chosen.h"

namespace fovea::conformance {
namespace {

using Scores = std::vector<Real>;

/// What is wrong with a choice; "" where nothing is.
std::string fault_of(const Chosen& chosen, Extent items, Extent capacity) {
  if (chosen.count < 1 || chosen.count > capacity) return "a count that is not in 1 to capacity(N)";
  if (chosen.kept.front() < 0 || chosen.kept.back() >= items) return "kept items that are not in 0 to N - 1";
  const auto not_ascending = std::adjacent_find(chosen.kept.begin(), chosen.kept.end(), std::greater_equal<>());
  if (not_ascending != chosen.kept.end()) return "kept items that do not ascend";
  if (!std::all_of(chosen.weights.begin(), chosen.weights.end(), [](Real w) { return w >= 0; })) return "a weight not >= 0";
  const Real sum = std::accumulate(chosen.weights.begin(), chosen.weights.end(), Real{0});
  const Real limit = 32 * std::numeric_limits<Real>::epsilon() * static_cast<Real>(items);
  return std::abs(sum - 1) < limit ? "" : "weights that do not sum to 1";
}

/// Draws until this set is kept; the log-probability that the selector gives it.
Real log_prob_of(const Selector& selector, const Scores& scores, const std::vector<Index>& kept) {
  for (std::uint32_t draw = 0; draw < 100000; ++draw) {
    const Chosen chosen = choose(selector, scores, rng_of(draw, 7));
    if (chosen.kept == kept) return chosen.log_prob;
  }
  return std::numeric_limits<Real>::quiet_NaN();
}

struct RowsCase {
  const Selector& selector;
  Extent rows;
  Extent items;
  double scale;
  How how;
};

bool same_bits(std::span<const Real> a, std::span<const Real> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

bool is_differentiable(const Selector& selector) { return half_of<DifferentiableChoice>(selector) != nullptr; }

/// The gradient of one row of choices, added to what is there.
void pull_one(const Selector& selector, const Scores& scores, const Chosen& chosen, const Scores& cotangent, Row grad) {
  const auto* differentiable = half_of<DifferentiableChoice>(selector);
  if (differentiable == nullptr) return;
  differentiable->backward(scores, chosen.choice(), ConstRow(cotangent).first(chosen.weights.size()), grad);
}

void check_rows(const RowsCase& c) {
  const Extent capacity = c.selector.capacity(c.items) + 2;  // longer than it must be
  const auto size = static_cast<std::size_t>(c.rows * c.items);
  const auto places = static_cast<std::size_t>(c.rows * capacity);
  Scores scores = normals(size, rng_of(8));
  for (Real& score : scores) score *= static_cast<Real>(c.scale);
  Scores weights(places, Real(-7)), grad(size, Real(0.5)), assigned(size, Real(-7));
  std::vector<Index> kept(places, -7), counts(static_cast<std::size_t>(c.rows), -7);
  Scores scratch(static_cast<std::size_t>(scratch_of(c.selector, c.items)), Real(-7));
  std::vector<Rng> rngs;
  for (Extent row = 0; row < c.rows; ++row) rngs.push_back(rng_of(static_cast<std::uint32_t>(row), 12));
  const Selector::Rows rows{c.items, capacity, scores, weights, kept, counts, scratch};
  select_rows(c.selector, rows, c.how == How::kSelect ? std::span<const Rng>(rngs) : std::span<const Rng>());
  const Scores cotangent = normals(places, rng_of(9));
  if (is_differentiable(c.selector)) {
    backward_rows(c.selector, rows, {.weights = cotangent, .scores = grad});
    backward_rows(c.selector, rows, {.weights = cotangent, .scores = assigned, .assigns = true});
  }
  for (Extent row = 0; row < c.rows; ++row) {
    const ConstRow one = rows.items_of(ConstRow(scores), row);
    const Scores alone(one.begin(), one.end());
    const Chosen chosen = choose(c.selector, alone, rngs[row], c.how);
    CHECK(counts[row] == chosen.count);
    CHECK(same_bits(rows.kept_of(ConstRow(weights), row), chosen.weights));
    const std::span<Index> kept_here = rows.kept_of(rows.kept, row);
    CHECK(std::vector<Index>(kept_here.begin(), kept_here.end()) == chosen.kept);
    const auto begin = static_cast<std::size_t>(row * capacity);
    for (auto k = static_cast<std::size_t>(chosen.count); k < static_cast<std::size_t>(capacity); ++k) {
      CHECK(weights[begin + k] == 0);
      CHECK(kept[begin + k] == -1);
    }
    Scores added(alone.size(), Real(0.5)), from_zero(alone.size(), is_differentiable(c.selector) ? 0 : Real(-7));
    const Scores pull(cotangent.begin() + static_cast<std::ptrdiff_t>(begin), cotangent.end());
    pull_one(c.selector, alone, chosen, pull, added);
    pull_one(c.selector, alone, chosen, pull, from_zero);
    CHECK(same_bits(rows.items_of(ConstRow(grad), row), added));
    CHECK(same_bits(rows.items_of(ConstRow(assigned), row), from_zero));
  }
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
          CHECK(fault_of(chosen, static_cast<Extent>(items), selector->capacity(static_cast<Extent>(items))) == "");
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
    CHECK(is_sparse(*selector) == (selector->capacity(1000) < 1000));
    const Chosen chosen = choose(*selector, Scores(3, Real(0.5)), rng_of(5));
    CHECK(fault_of(chosen, 3, 3) == "");
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
    INFO("weights of 10 items and one at -1e4 (with) against those of the 10 alone (expected)");
    const std::vector<Real> with = choose(*selector, scores, rng_of(7)).dense(11);
    CHECK(with.back() == 0);
    const std::vector<Real> expected = without.dense(10);
    for (std::size_t i = 0; i < 10; ++i) CHECK(with[i] == doctest::Approx(expected[i]).epsilon(1e-5));
  }
}

TEST_CASE("selectors give many rows at once the choices and gradients of each row alone, to the bit") {
  for (const std::string& text : selector_texts()) {
    CAPTURE(text);
    const auto selector = selector_of(text);
    if (!parameters_of(*selector).empty()) continue;
    for (const How how : {How::kSelect, How::kGreedy}) check_rows({*selector, 1100, 6, 1, how});  // in tiles, perhaps
    for (const Extent items : {1, 2, 5, 16, 17, 64, 100, 128, 129, 150}) {
      CAPTURE(items);
      for (const Extent rows : {1, 21}) {
        for (const double scale : {0.1, 3.0}) {
          for (const How how : {How::kSelect, How::kGreedy}) check_rows({*selector, rows, items, scale, how});
        }
      }
    }
  }
}

TEST_CASE("samplers draw as often as their log-probabilities say, which sum to 1") {
  const int draws = 20000;
  for (const std::string& text : selector_texts()) {
    CAPTURE(text);
    const auto selector = selector_of(text);
    if (half_of<SampledChoice>(*selector) == nullptr) continue;
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
    if (half_of<SampledChoice>(*selector) == nullptr) continue;
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
    if (!is_differentiable(*selector)) continue;
    for (const std::size_t items : {1, 2, 7, 20}) {
      const Scores scores = distinct_scores(items, rng_of(13));
      const Scores cotangent = normals(items, rng_of(14));
      const Chosen chosen = choose(*selector, scores, rng_of(15));
      Scores grad_weights, grad(items, 0.25);
      for (const Index item : chosen.kept) grad_weights.push_back(cotangent[item]);
      half_of<DifferentiableChoice>(*selector)->backward(scores, chosen.choice(), grad_weights, grad);
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
    if (half_of<SampledChoice>(*selector) == nullptr) continue;
    const Scores scores = distinct_scores(6, rng_of(16));
    const Chosen chosen = choose(*selector, scores, rng_of(17));
    Scores grad(6, 0.25);
    half_of<SampledChoice>(*selector)->log_prob_backward(scores, chosen.choice(), 1.7, grad);
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
