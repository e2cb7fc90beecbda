#include "modules/transformer/halting.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "tests/support/model_run.h"

using namespace fovea;

namespace {

constexpr double kClose = sizeof(Real) == 8 ? 1e-14 : 1e-6;

/// Three steps of halting and of the sum of states, by hand: probabilities p_1, p_2, p_3 [2, 3], states s_t [2, 3, 2].
std::shared_ptr<const Graph> three_steps() {
  Builder b;
  const Value mask = b.constant("mask", {2, 3}, std::vector<Index>{1, 1, 1, 1, 1, 0});
  const Value zero = b.constant("zero", {2, 3, 2}, std::vector<Real>(12, 0));
  Halting halting = not_halted(mask);
  Weighted weighted{.state = zero, .sum = zero};
  for (int t = 1; t <= 3; ++t) {
    const std::string number = std::to_string(t);
    const Value is_last = b.constant("last_" + number, {1}, std::vector<Real>{t == 3 ? Real{1} : Real{0}});
    const HaltingStep step =
        halt({.probability = b.parameter("p_" + number, {2, 3}), .before = halting, .is_last = is_last});
    const Value fresh = b.parameter("s_" + number, {2, 3, 2}, Init::normal(1));
    weighted = advance({.before = weighted, .fresh = fresh, .weight = step.weight, .running = halting.running});
    halting = step.after;
    b.output("weight_" + number, step.weight);
    b.output("is_over_" + number, step.is_over);
  }
  b.output("total", halting.total);
  b.output("state", weighted.state);
  b.output("sum", weighted.sum);
  return b.freeze();
}

/// Positions that halt in step 3 by their sum, in step 1, and in step 3 because it is the last; in step 2, in step 1; none.
test::ModelRun with_probabilities() {
  test::ModelRun run(three_steps());
  run.set("p_1", {0.3, 0.995, 0.1, 0.5, 0.99, 0.5});
  run.set("p_2", {0.5, 0.7, 0.2, 0.6, 0.2, 0.6});
  run.set("p_3", {0.4, 0.8, 0.3, 0.9, 0.3, 0.9});
  return run;
}

void check_row(const Tensor& found, const std::vector<double>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(std::abs(static_cast<double>(found.real()[i]) - expected[i]) < kClose);
  }
}

}  // namespace

TEST_CASE("weights of halting are the probabilities, and what is left in the step in which a position halts") {
  test::ModelRun run = with_probabilities();
  run.run({});
  check_row(run.output("weight_1"), {0.3, 1, 0.1, 0.5, 1, 0});
  check_row(run.output("weight_2"), {0.5, 0, 0.2, 0.5, 0, 0});
  check_row(run.output("weight_3"), {0.2, 0, 0.7, 0, 0, 0});
  check_row(run.output("total"), {0.8, 0, 0.3, 0.5, 0, 0});  // 1 - R
}

TEST_CASE("a row is over in the step in which its last position halts") {
  test::ModelRun run = with_probabilities();
  run.run({});
  const std::vector<std::vector<Index>> expected{{0, 0}, {0, 1}, {1, 1}};
  for (std::size_t t = 0; t < 3; ++t) {
    const Tensor found = run.output("is_over_" + std::to_string(t + 1));
    CHECK(std::equal(expected[t].begin(), expected[t].end(), found.index()));
  }
}

TEST_CASE("a position that has halted keeps its state, and gives the mean of its states by its weights") {
  test::ModelRun run = with_probabilities();
  run.run({});
  const auto state = [&](int t, Extent i) { return static_cast<double>(run.parameter("s_" + std::to_string(t)).real()[i]); };
  const std::vector<int> halts{3, 1, 3, 2, 1};
  for (Extent i = 0; i < 10; ++i) {
    CHECK(run.output("state").real()[i] == Real(state(halts[i / 2], i)));
  }
  CHECK(run.output("state").real()[10] == 0);  // one that never runs
  CHECK(std::abs(run.output("sum").real()[0] - (0.3 * state(1, 0) + 0.5 * state(2, 0) + 0.2 * state(3, 0))) < kClose);
  CHECK(std::abs(run.output("sum").real()[6] - (0.5 * state(1, 6) + 0.5 * state(2, 6))) < kClose);
  CHECK(run.output("sum").real()[2] == run.parameter("s_1").real()[2]);
  CHECK(run.output("sum").real()[10] == 0);
}

TEST_CASE("gradients of halting agree with central differences") {
  test::ModelRun run = with_probabilities();
  run.set("p_1", {0.3, 1.2, 0.1, 0.5, 1.3, 0.5});  // further from the threshold than a difference reaches
  CHECK(run.gradient_error({{"sum", 1}, {"state", 2}, {"total", 3}, {"weight_2", 4}, {"weight_3", 5}}) <
        test::kGradientLimit);
}

TEST_CASE("halting refuses a threshold outside of (0, 1] and shapes that do not fit") {
  Builder b;
  const Value mask = b.constant("mask", {2, 3}, std::vector<Index>(6, 1));
  const Value last = b.constant("last", {1}, std::vector<Real>{0});
  const Value p = b.parameter("p", {2, 3});
  CHECK_THROWS_WITH_AS(halt({.probability = p, .before = not_halted(mask), .is_last = last}, 0),
                       doctest::Contains("threshold in (0, 1]"), Error);
  const Value other = b.parameter("other", {2, 4});
  CHECK_THROWS_WITH_AS(halt({.probability = other, .before = not_halted(mask), .is_last = last}),
                       doctest::Contains("give probability [B, T]"), Error);
}
