#include "modules/transformer/universal.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "tests/support/model_run.h"

using namespace fovea;

namespace {

constexpr Extent kNumbers = 2 * 3 * 4;  // x [2, 3, 4]; the last position of row 1 is masked
constexpr double kClose = sizeof(Real) == 8 ? 1e-12 : 2e-5;

UniversalOptions small() {
  UniversalOptions options;
  options.most_steps = 4;
  options.heads = 2;
  options.hidden = 5;
  options.longest = 4;
  options.halting_bias = -1;
  return options;
}

std::shared_ptr<const Graph> graph_of(const UniversalOptions& options) {
  Builder b;
  const Value mask = b.constant("mask", {2, 3}, std::vector<Index>{1, 1, 1, 1, 1, 0});
  const Value x = b.parameter("x", {2, 3, 4}, Init::normal(1));
  const Revised revised = universal_transformer(b, "u", x, mask, options);
  b.output("states", revised.states);
  b.output("steps", revised.steps);
  b.output("ponder", revised.ponder);
  return b.freeze();
}

std::vector<Real> states_of(test::ModelRun& run) {
  run.run({});
  return {run.output("states").real(), run.output("states").real() + kNumbers};
}

double distance(const std::vector<Real>& a, const std::vector<Real>& b) {
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(a[i] - b[i])));
  return worst;
}

/// The states after `steps` steps of all positions, and their halting probabilities.
struct After {
  std::vector<Real> states;
  std::vector<double> probabilities;  // [2, 3]
};
After after_steps(Extent steps) {
  UniversalOptions options = small();
  options.halting = "fixed";
  options.most_steps = steps;
  test::ModelRun fixed(graph_of(options));
  test::ModelRun adaptive(graph_of(small()));
  After after{states_of(fixed), {}};
  const Real* weight = adaptive.parameter("u/halting/weight").real();
  for (std::size_t i = 0; i < 6; ++i) {
    double logit = static_cast<double>(adaptive.parameter("u/halting/bias").real()[0]);
    for (std::size_t e = 0; e < 4; ++e) logit += static_cast<double>(weight[e] * after.states[4 * i + e]);
    after.probabilities.push_back(1 / (1 + std::exp(-logit)));
  }
  return after;
}

}  // namespace

// In float32 a difference is wider than the distance of a position to its threshold of halting.
constexpr bool kCanDiffer = sizeof(Real) == 8;

TEST_CASE("gradients of a universal transformer agree with central differences" * doctest::skip(!kCanDiffer)) {
  for (const char* norm : {"post", "pre"}) {
    for (const char* positions : {"sinusoid", "learned", "none"}) {
      CAPTURE(norm);
      CAPTURE(positions);
      UniversalOptions options = small();
      options.norm = norm;
      options.positions = positions;
      CHECK(test::ModelRun(graph_of(options)).gradient_error({{"states", 1}, {"ponder", 2}}) < test::kGradientLimit);
      options.halting = "fixed";
      CHECK(test::ModelRun(graph_of(options)).gradient_error({{"states", 1}}) < test::kGradientLimit);
    }
  }
}

TEST_CASE("the gradient of a universal transformer with dropout is that of the elements that were kept" *
          doctest::skip(!kCanDiffer)) {
  UniversalOptions options = small();
  options.dropout = 0.3;
  CHECK(test::ModelRun(graph_of(options)).gradient_error({{"states", 1}, {"ponder", 2}}) < test::kGradientLimit);
}

// With a bias that lets no position halt before the last step, all states are those of fixed steps, unrolled here.
TEST_CASE("positions that all go to the last step give the mean of the fixed steps' states") {
  test::ModelRun run(graph_of(small()));
  const std::vector<Real> found = states_of(run);
  const std::vector<After> steps{after_steps(1), after_steps(2), after_steps(3), after_steps(4)};
  std::vector<Real> expected(kNumbers, 0);
  for (std::size_t i = 0; i < 5; ++i) {
    double rest = 1;
    for (std::size_t t = 0; t < 4; ++t) {
      REQUIRE(1 - rest + steps[t].probabilities[i] < 0.97);  // none halts before
      const double weight = t == 3 ? rest : steps[t].probabilities[i];
      rest -= weight;
      for (std::size_t e = 4 * i; e < 4 * i + 4; ++e) expected[e] += static_cast<Real>(weight) * steps[t].states[e];
      if (t == 2) CHECK(std::abs(static_cast<double>(run.output("ponder").real()[i]) - (4 + rest)) < kClose);
    }
    CHECK(run.output("steps").real()[i] == 4);
  }
  CHECK(distance(found, expected) < kClose);
}

TEST_CASE("a position that halts at once gives its first state, after one step") {
  UniversalOptions options = small();
  options.halting_bias = 20;
  test::ModelRun run(graph_of(options));
  const std::vector<Real> found = states_of(run);
  std::vector<Real> expected = after_steps(1).states;
  std::fill(expected.end() - 4, expected.end(), Real{0});
  CHECK(distance(found, expected) < kClose);
  const std::vector<Real> steps{1, 1, 1, 1, 1, 0};
  CHECK(std::equal(steps.begin(), steps.end(), run.output("steps").real()));
  for (Extent i = 0; i < 5; ++i) CHECK(run.output("ponder").real()[i] == 2);  // N + R, R = 1
}

// A loop that ends early has the same bits as one whose other rows still run.
TEST_CASE("a row that has halted is left alone by rows that have not") {
  UniversalOptions options = small();
  options.halting_bias = 0.5;
  test::ModelRun run(graph_of(options));
  const std::vector<Real> before = states_of(run);
  for (Extent i = 0; i < 12; ++i) run.parameter("x").real()[i] *= Real(-3);
  const std::vector<Real> behind = states_of(run);
  CHECK(std::equal(before.begin() + 12, before.end(), behind.begin() + 12));
  CHECK_FALSE(std::equal(before.begin(), before.begin() + 12, behind.begin()));
}

TEST_CASE("a masked position changes nothing in a universal transformer") {
  test::ModelRun run(graph_of(small()));
  const std::vector<Real> before = states_of(run);
  run.parameter("x").real()[20] += Real(1);
  CHECK(states_of(run) == before);
}

TEST_CASE("an unknown option of a universal transformer is an error with the known names") {
  UniversalOptions options = small();
  options.halting = "adaptiv";
  CHECK_THROWS_WITH_AS(graph_of(options), doctest::Contains("adaptive"), Error);
}
