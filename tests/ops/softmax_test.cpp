#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "framework/ops/loss.h"
#include "framework/ops/normalise.h"
#include "framework/ops/softmax.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;

constexpr Real kNever = -std::numeric_limits<Real>::infinity();

std::vector<Real> apply(OpPointer op, const std::vector<Input>& inputs) {
  OpRunner runner(std::move(op), inputs);
  runner.forward();
  CHECK(runner.guards_are_whole());
  return runner.output();
}

TEST_CASE("softmax of log odds gives the odds") {
  const Real log3 = static_cast<Real>(std::log(3.0));
  CHECK(difference(apply(make_softmax(), {real_input({1, 2}, {0, log3})}), {Real(0.25), Real(0.75)}) < kValueLimit);
  const std::vector<Real> logs = {static_cast<Real>(std::log(0.25)), static_cast<Real>(std::log(0.75))};
  CHECK(difference(apply(make_log_softmax(), {real_input({1, 2}, {500, 500 + log3})}), logs) < 1e-4);
}

TEST_CASE("softmax and related functions have exact gradients") {
  const Input x = random_input({4, 9}, 1, -2, 2);
  const Input wide = random_input({2, 35}, 2, -2, 2);
  for (const auto& make : {make_softmax, make_log_softmax}) {
    CHECK(gradient_error(make(), {x}) < kGradientLimit);
    CHECK(gradient_error(make(), {wide}) < kGradientLimit);
  }
}

TEST_CASE("masked softmax ignores what is masked, also in a row with nothing allowed") {
  const Input x = real_input({3, 3}, {0, 900, 0, 1, 2, 3, 5, 6, 7});
  const Input mask = index_input({3, 3}, {1, 0, 1, 0, 0, 0, 0, 1, 0});
  const std::vector<Real> expected = {Real(0.5), 0, Real(0.5), 0, 0, 0, 0, 1, 0};
  CHECK(apply(make_masked_softmax(), {x, mask}) == expected);
  CHECK(gradient_error(make_masked_softmax(), {random_input({3, 3}, 8), mask}) < kGradientLimit);
}

TEST_CASE("a mask may be repeated along any axis") {
  const Input x = random_input({2, 3, 4}, 9);
  const Input keys = index_input({2, 1, 4}, {1, 1, 0, 1, 0, 1, 1, 0});
  const std::vector<Real> weights = apply(make_masked_softmax(), {x, keys});
  for (std::size_t row = 0; row < 6; ++row) {
    for (std::size_t i = 0; i < 4; ++i) CHECK((weights[row * 4 + i] > 0) == (keys.indices[row / 3 * 4 + i] == 1));
  }
  CHECK(gradient_error(make_masked_softmax(), {x, keys}) < kGradientLimit);
}

TEST_CASE("layer_norm has mean 0 and variance 1 before weight and bias") {
  const Input ones = real_input({2}, {1, 1});
  const Input zeros = real_input({2}, {0, 0});
  CHECK(difference(apply(make_layer_norm(0), {real_input({1, 2}, {3, 7}), ones, zeros}), {-1, 1}) < kValueLimit);
}

TEST_CASE("layer_norm and normalise have exact gradients") {
  for (const Extent width : {5, 16, 35}) {
    const std::vector<Input> inputs = {random_input({2, 3, width}, 1), random_input({width}, 2), random_input({width}, 3)};
    CHECK(gradient_error(make_layer_norm(1e-5), inputs) < kGradientLimit);
    CHECK(gradient_error(make_normalise(1e-8), {inputs[0]}) < kGradientLimit);
    CHECK(gradient_error(make_normalise(100), {inputs[0]}) < kGradientLimit);  // all rows shorter than epsilon
  }
}

TEST_CASE("normalise gives length 1, and divides short rows by epsilon") {
  CHECK(difference(apply(make_normalise(0.5), {real_input({2, 2}, {3, 4, Real(0.1), 0})}),
                   {Real(0.6), Real(0.8), Real(0.2), 0}) < kValueLimit);
}

TEST_CASE("cross_entropy of equal scores is the log of their count") {
  const Input scores = real_input({3, 4}, {0, 0, 0, 0, 500, 500, kNever, kNever, 1, 2, 3, 4});
  const std::vector<Real> expected = {static_cast<Real>(std::log(4.0)), static_cast<Real>(std::log(2.0)), 0};
  CHECK(difference(apply(make_cross_entropy(), {scores, index_input({3}, {2, 1, -1})}), expected) < 1e-4);
}

TEST_CASE("cross_entropy has exact gradients with and without a mask") {
  const Input scores = random_input({2, 3, 5}, 4, -2, 2);
  const Input target = index_input({2, 3}, {0, 4, -1, 2, 2, 1});
  const Input mask = index_input({2, 1, 5}, {1, 0, 1, 1, 1, 0, 1, 1, 0, 1});
  CHECK(gradient_error(make_cross_entropy(), {scores, target}) < kGradientLimit);
  CHECK(gradient_error(make_cross_entropy(), {scores, target, mask}) < kGradientLimit);
}

TEST_CASE("cross_entropy stays finite where the target is impossible") {
  const Input mask = index_input({2, 2}, {1, 0, 0, 0});
  OpRunner runner(make_cross_entropy(), {real_input({2, 2}, {1, 2, 3, 4}), index_input({2}, {1, 0}), mask});
  runner.forward();
  for (const Real cost : runner.output()) CHECK(cost == -std::log(std::numeric_limits<Real>::min()));
  runner.backward(1, {{1, 1}}, 0);
  CHECK(runner.gradient(0) == std::vector<Real>{0, 0, 0, 0});
}

// p = 1/8, 2/8, 5/8. PyTorch: (1 - e) (-log p_target) + e / C sum of -log p.
TEST_CASE("cross_entropy with smoothing gives a share of the target to all classes alike") {
  const auto logs = [](double value) { return static_cast<Real>(std::log(value)); };
  const double all = std::log(8.0) + std::log(4.0) + std::log(8.0 / 5);
  const std::vector<Real> expected = {static_cast<Real>(0.7 * std::log(8.0 / 5) + 0.1 * all),
                                      static_cast<Real>(0.7 * std::log(8.0) + 0.1 * all), 0};
  const Input scores = real_input({3, 3}, {0, logs(2), logs(5), 100, 100 + logs(2), 100 + logs(5), 1, 2, 3});
  OpRunner runner(make_cross_entropy(0.3), {scores, index_input({3}, {2, 0, -1})});
  runner.forward();
  CHECK(difference(runner.output(), expected) < 20 * kValueLimit);
  runner.backward(1, {{2, 0, 1}}, 0);
  const std::vector<Real> gradient = {
      Real(2 * (0.125 - 0.1)), Real(2 * (0.25 - 0.1)), Real(2 * (0.625 - 0.8)), 0, 0, 0, 0, 0, 0};
  CHECK(difference(runner.gradient(0), gradient) < kValueLimit);
}

TEST_CASE("smoothing leaves out classes that are masked or whose score is -inf") {
  const Input scores = real_input({2, 4}, {1, 9, 1, 9, 1, 1, kNever, 1});
  const Input mask = index_input({2, 4}, {1, 0, 1, 0, 1, 1, 1, 0});
  OpRunner runner(make_cross_entropy(0.4), {scores, index_input({2}, {0, 1}), mask});
  runner.forward();
  CHECK(difference(runner.output(), {Real(std::log(2.0)), Real(std::log(2.0))}) < kValueLimit);
  runner.backward(1, {{1, 1}}, 0);
  const std::vector<Real> gradient = {Real(-0.3), 0, Real(0.3), 0, Real(0.3), Real(-0.3), 0, 0};
  CHECK(difference(runner.gradient(0), gradient) < kValueLimit);
}

TEST_CASE("cross_entropy with smoothing has exact gradients with and without a mask") {
  for (const Extent width : {5, 16, 35}) {
    const Input scores = random_input({2, 3, width}, 4, -2, 2);
    const Input target = index_input({2, 3}, {0, 4, -1, 2, 2, 1});
    Input mask = index_input({2, 1, width}, std::vector<Index>(static_cast<std::size_t>(2 * width), 1));
    mask.indices[1] = mask.indices[3] = mask.indices[static_cast<std::size_t>(width) + 2] = 0;
    CHECK(gradient_error(make_cross_entropy(0.2), {scores, target}) < kGradientLimit);
    CHECK(gradient_error(make_cross_entropy(0.2), {scores, target, mask}) < kGradientLimit);
  }
}

TEST_CASE("cross_entropy with smoothing stays finite where the target is impossible") {
  const Input mask = index_input({2, 2}, {1, 0, 0, 0});
  OpRunner runner(make_cross_entropy(0.1), {real_input({2, 2}, {1, 2, 3, 4}), index_input({2}, {1, 0}), mask});
  runner.forward();
  for (const Real cost : runner.output()) CHECK(cost == -std::log(std::numeric_limits<Real>::min()));
  runner.backward(1, {{1, 1}}, 0);
  CHECK(runner.gradient(0) == std::vector<Real>{0, 0, 0, 0});
  CHECK_THROWS_WITH(make_cross_entropy(1), "[cross_entropy] a smoothing in [0, 1) was expected; 1 came; give such a share.");
}

TEST_CASE("cross_entropy rejects a target outside the scores") {
  OpRunner runner(make_cross_entropy(), {random_input({1, 3}, 1), index_input({1}, {3})});
  CHECK_THROWS_WITH(runner.forward(),
                    "[cross_entropy] index 3 at element 0 is outside of [-1, 3); check the batch that the task made.");
}

TEST_CASE("mse is the mean of squares of each row") {
  const Input prediction = real_input({2, 2}, {1, 2, 3, 4});
  const Input target = real_input({2, 2}, {1, 4, 0, 0});
  CHECK(apply(make_mse(), {prediction, target}) == std::vector<Real>{2, Real(12.5)});
  CHECK(gradient_error(make_mse(), {random_input({3, 2, 9}, 1), random_input({3, 2, 9}, 2)}) < kGradientLimit);
}

TEST_CASE("dropout zeroes at its rate, keeps the mean, and is the identity in evaluation") {
  const Input ones = real_input({40, 50}, std::vector<Real>(2000, 1));
  OpRunner runner(make_dropout(0.25), {ones});
  runner.forward();
  int dropped = 0;
  for (const Real value : runner.output()) {
    dropped += value == 0 ? 1 : 0;
    CHECK((value == 0 || value == Real(1 / 0.75)));
  }
  CHECK(std::abs(dropped - 500) < 5 * std::sqrt(2000 * 0.25 * 0.75));  // five deviations
  CHECK(gradient_error(make_dropout(0.25), {random_input({3, 37}, 1)}) < kGradientLimit);
  OpContext evaluation;
  evaluation.mode = Mode::kEvaluate;
  OpRunner quiet(make_dropout(0.25), {ones}, evaluation);
  quiet.forward();
  CHECK(quiet.output() == ones.reals);
  CHECK(gradient_error(make_dropout(0.25), {random_input({3, 37}, 1)}, evaluation) < kGradientLimit);
}

TEST_CASE("dropout draws by row of the batch, not by place in the shard") {
  const std::vector<Real> ones(80, 1);
  OpRunner whole(make_dropout(0.5), {real_input({2, 40}, ones)});
  OpContext context;
  context.first_row = 1;
  OpRunner second(make_dropout(0.5), {real_input({1, 40}, {ones.begin(), ones.begin() + 40})}, context);
  whole.forward();
  second.forward();
  const std::vector<Real> all = whole.output();
  CHECK(std::vector<Real>(all.begin() + 40, all.end()) == second.output());
  CHECK(std::vector<Real>(all.begin(), all.begin() + 40) != second.output());
}

TEST_CASE("dropout of a parameter draws by step, whatever rows are at work") {
  const std::vector<Real> ones(3 * 41, 1);
  const auto drawn = [&](std::uint32_t step, std::uint32_t first_row, const Shape& shape) {
    OpContext context;
    context.step = step;
    context.first_row = first_row;
    OpRunner runner(make_parameter_dropout(0.5), {real_input(shape, ones)}, context);
    runner.forward();
    for (const Real value : runner.output()) CHECK((value == 0 || value == 2));
    return runner.output();
  };
  CHECK(drawn(0, 0, {3, 41}) == drawn(0, 6, {3, 41}));
  CHECK(drawn(0, 0, {3, 41}) != drawn(1, 0, {3, 41}));
  CHECK(drawn(0, 0, {3 * 41}) == drawn(0, 6, {3 * 41}));
  CHECK(drawn(0, 0, {3 * 41}) != drawn(1, 0, {3 * 41}));
}

TEST_CASE("dropout of a parameter of any shape has the gradient of the elements that were kept") {
  for (const Shape& shape : {Shape{3, 37}, Shape{50}, Shape{2, 3, 4}, Shape{}}) {
    CHECK(gradient_error(make_parameter_dropout(0.4), {random_input(shape, 1)}) < kGradientLimit);
  }
}

}  // namespace
}  // namespace fovea
