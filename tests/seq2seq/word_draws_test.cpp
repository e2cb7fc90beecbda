#include "modules/seq2seq/word_draws.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "framework/core/error.h"
#include "tests/support/model_run.h"

namespace {

using namespace fovea;
using seq2seq::WordDraws;

constexpr std::array<double, 4> kScores{0.5, -1, 1, 0.2};
constexpr std::array<double, 4> kCosts{2, -1, 0.5, 3};
constexpr std::array<double, 2> kCotangents{1.5, -0.5};

/// One word that costs kCosts by item, its scores a parameter; the second of two rows may choose the items 0 and 3 alone.
test::ModelRun word(const WordDraws& draws) {
  Builder b;
  const Value scores = b.parameter("scores", {1, 4});
  const Value mask = b.constant("mask", {2, 4}, std::vector<Index>{1, 1, 1, 1, 1, 0, 0, 1});
  const Value both = expand_rows(scores, mask);  // [2, 1, 4]
  const seq2seq::DrawnItems drawn = seq2seq::draw_items(both, mask, draws);
  std::vector<Real> costs(kCosts.begin(), kCosts.end());
  costs.insert(costs.end(), costs.begin(), costs.begin() + 4);
  const Value seen = squeeze(gather_items(b.constant("costs", {2, 4, 1}, costs), reshape(drawn.kept, {0, -1})), 2);
  b.output("kept", drawn.kept);
  b.output("scores", both);
  b.output("estimate", squeeze(seq2seq::drawn_cost(both, mask, drawn, unsqueeze(seen, 1), draws), 1));
  test::ModelRun run(b.freeze());
  run.set("scores", {kScores.begin(), kScores.end()});
  return run;
}

/// The expected cost over some items, and its gradient by the scores of all.
std::array<double, 5> expected(const std::vector<std::size_t>& items) {
  double sum = 0;
  std::array<double, 5> all{};
  for (const std::size_t n : items) sum += std::exp(kScores[n]);
  for (const std::size_t n : items) all[0] += std::exp(kScores[n]) / sum * kCosts[n];
  for (const std::size_t n : items) all[n + 1] = std::exp(kScores[n]) / sum * (kCosts[n] - all[0]);
  return all;
}

/// Sums of what is drawn, and of squares, to compare a mean with what is expected.
struct Mean {
  double sum = 0;
  double squares = 0;
  int count = 0;

  void add(double value) {
    sum += value;
    squares += value * value;
    ++count;
  }
  /// Within five standard errors.
  bool is_near(double value) const {
    const double mean = sum / count;
    const double error = std::sqrt(std::max(squares / count - mean * mean, 0.0) / count);
    return std::abs(mean - value) < 5 * error + 1e-4;
  }
};

}  // namespace

TEST_CASE("estimates by draws of each word have the expected cost and its gradient as their mean") {
  for (const char* estimator : {"unordered_set(draws=2)", "unordered_set(draws=3)", "exact",
                                "reinforce(baseline=leave_one_out, draws=3)", "reinforce(baseline=greedy_rollout)"}) {
    test::ModelRun run = word({"sample", estimator});
    const std::array<double, 5> first = expected({0, 1, 2, 3});
    const std::array<double, 5> second = expected({0, 3});
    std::array<Mean, 2> costs;
    std::array<Mean, 4> gradients;
    for (std::uint32_t step = 0; step < 3000; ++step) {
      run.context.step = step;
      run.execution().forward(run.context);
      run.execution().clear_output_gradients();
      std::copy(kCotangents.begin(), kCotangents.end(), run.execution().output_gradient("estimate").real());
      std::fill_n(run.execution().output_gradient("scores").real(), 8, Real(1));  // to which the gradient is added
      run.execution().backward(run.context);
      for (std::size_t b = 0; b < 2; ++b) costs[b].add(static_cast<double>(run.output("estimate").real()[b]));
      for (std::size_t n = 0; n < 4; ++n) gradients[n].add(static_cast<double>(run.gradient("scores").real()[n]));
    }
    CAPTURE(estimator);
    CHECK(costs[0].is_near(first[0]));
    CHECK(costs[1].is_near(second[0]));
    for (std::size_t n = 0; n < 4; ++n) {
      CHECK(gradients[n].is_near(2 + kCotangents[0] * first[n + 1] + kCotangents[1] * second[n + 1]));
    }
  }
}

TEST_CASE("the draws of an unordered set differ, and none of them is masked") {
  test::ModelRun run = word({"sample", "unordered_set(draws=4)"});
  run.run({});
  const Tensor kept = run.output("kept");
  CHECK(kept.shape() == Shape{2, 1, 4});
  std::array<int, 5> seen{};
  for (Extent r = 0; r < 4; ++r) ++seen[kept.index()[r] + 1];
  CHECK(seen == std::array<int, 5>{0, 1, 1, 1, 1});
  seen = {};
  for (Extent r = 4; r < 8; ++r) ++seen[kept.index()[r] + 1];
  CHECK(seen == std::array<int, 5>{2, 1, 0, 0, 1});  // two items are allowed: two draws have no choice
  CHECK(std::isfinite(run.output("estimate").real()[1]));
}

TEST_CASE("a word draws the same items wherever its row is computed, and others in another step") {
  const WordDraws draws{"sample", "reinforce(baseline=leave_one_out, draws=8)"};
  const auto drawn = [&](std::uint32_t first_row, std::uint32_t step, std::size_t row) {
    test::ModelRun run = word(draws);
    run.context.first_row = first_row;
    run.context.step = step;
    run.run({});
    const Index* kept = run.output("kept").index() + row * 8;
    return std::vector<Index>(kept, kept + 8);
  };
  CHECK(drawn(4, 0, 1) != drawn(4, 1, 1));
  CHECK(drawn(4, 0, 0) == drawn(4, 0, 0));
  CHECK(drawn(4, 0, 0) != drawn(5, 0, 0));
  CHECK(drawn(4, 0, 1) != drawn(4, 0, 0));
}

TEST_CASE("draws of each word ask for a selector that samples one item, and for an estimator that compares draws") {
  const auto refuse = [](const WordDraws& draws) {
    CAPTURE(draws.estimator);
    CHECK_THROWS_WITH_AS(draws.check(), doctest::Contains("use 'sample | unordered_set'"), Error);
  };
  refuse({"softmax", "none"});
  refuse({"argmax", "straight_through"});
  refuse({"sample", "reinforce"});
  refuse({"k_subset(2)", "reinforce(baseline=leave_one_out)"});
  refuse({"sample", "rebar"});
  refuse({"sample", "disarm"});
  CHECK_NOTHROW(WordDraws{"sample", "exact"}.check());
}
