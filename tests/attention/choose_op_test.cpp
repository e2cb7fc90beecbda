#include <doctest/doctest.h>

#include "framework/attention/choose/choose_op.h"
#include "framework/attention/pattern_text.h"
#include "framework/core/error.h"
#include "tests/conformance/site_run.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using conformance::distinct_scores;
using conformance::normals;
using conformance::rng_of;
using conformance::SiteRun;
using testing::Input;
using testing::OpRunner;
using Reals = std::vector<Real>;

enum class Has : unsigned { kNothing = 0, kMask = 1, kValues = 2, kBoth = 3 };

struct Parts {
  std::string pattern = "dense";
  std::string selector = "softmax";
  std::string estimator = "none";
  int advantage_slot = -1;
};

std::shared_ptr<const Op> op_of(const Parts& parts, Has has) {
  return std::make_shared<ChooseOp>(
      ChooseParts{parse_pattern(parts.pattern).pattern, Registry<Selector>::instance().parse(parts.selector).plugin,
                  Registry<Estimator>::instance().parse(parts.estimator).plugin, parts.advantage_slot,
                  (static_cast<unsigned>(has) & 1U) != 0, (static_cast<unsigned>(has) & 2U) != 0});
}

Input scores_of(Extent batch, Extent queries, Extent items) {
  Reals all;
  for (Extent row = 0; row < batch * queries; ++row) {
    const Reals one = distinct_scores(static_cast<std::size_t>(items), rng_of(static_cast<std::uint32_t>(row), 80));
    all.insert(all.end(), one.begin(), one.end());
  }
  return testing::real_input({batch, queries, items}, all);
}

Input mask_of(const Shape& shape, std::uint32_t seed) {
  Rng rng = rng_of(seed, 81);
  std::vector<Index> mask(static_cast<std::size_t>(shape.size()));
  for (Index& allowed : mask) allowed = rng.uniform() < 0.6 ? 1 : 0;
  std::fill_n(mask.begin(), shape.last(), 0);  // a row with nothing allowed
  return testing::index_input(shape, mask);
}

}  // namespace

TEST_CASE("a choice and its read have the gradients that central differences give") {
  const Input scores = scores_of(2, 3, 6);
  const Input values = testing::random_input({2, 6, 4}, 1);
  for (const char* pattern : {"dense", "causal"}) {
    for (const char* selector : {"softmax", "softmax(0.4)", "top_k(2)", "top_k(20)"}) {
      CAPTURE(pattern);
      CAPTURE(selector);
      const Parts parts{pattern, selector};
      CHECK(testing::gradient_error(op_of(parts, Has::kNothing), {scores}) < testing::kGradientLimit);
      CHECK(testing::gradient_error(op_of(parts, Has::kValues), {scores, values}) < testing::kGradientLimit);
      for (const Shape& shape : {Shape{2, 6}, Shape{2, 3, 6}}) {
        CHECK(testing::gradient_error(op_of(parts, Has::kMask), {scores, mask_of(shape, 2)}) < testing::kGradientLimit);
        CHECK(testing::gradient_error(op_of(parts, Has::kBoth), {scores, mask_of(shape, 3), values}) <
              testing::kGradientLimit);
      }
    }
  }
}

TEST_CASE("weights spread over all items are those of the kept ones, with their gradients, under a mask too") {
  const auto op_with = [](const char* selector) {
    ChooseParts parts{.pattern = parse_pattern("dense").pattern,
                      .selector = Registry<Selector>::instance().parse(selector).plugin,
                      .estimator = Registry<Estimator>::instance().parse("none").plugin,
                      .has_mask = true,
                      .has_spread = true};
    return std::make_shared<ChooseOp>(std::move(parts));
  };
  OpRunner best(op_with("top_k(1)"),
                {testing::real_input({1, 1, 4}, {0, 3, 9, 1}), testing::index_input({1, 4}, {1, 1, 0, 1})});
  best.forward();
  CHECK(best.output(ChooseOp::kSpread) == Reals{0, 1, 0, 0});
  for (const char* selector : {"softmax(0.4)", "top_k(2)"}) {
    CAPTURE(selector);
    for (const Shape& shape : {Shape{2, 6}, Shape{2, 3, 6}}) {
      CHECK(testing::gradient_error(op_with(selector), {scores_of(2, 3, 6), mask_of(shape, 2)}) < testing::kGradientLimit);
    }
  }
}

TEST_CASE("dense softmax without a mask equals the masked path to the bit") {
  const Input scores = scores_of(2, 3, 17);
  const Input values = testing::random_input({2, 17, 4}, 4);
  const Input mask = testing::index_input({2, 17}, std::vector<Index>(34, 1));
  OpRunner fast(op_of({}, Has::kValues), {scores, values});
  OpRunner plain(op_of({}, Has::kBoth), {scores, mask, values});
  const std::vector<Reals> cotangents{normals(102, rng_of(1)), {}, {}, normals(6, rng_of(2)), normals(24, rng_of(3))};
  fast.forward();
  plain.forward();
  for (const std::size_t output : {ChooseOp::kWeights, ChooseOp::kLogProb, ChooseOp::kRead}) {
    CHECK(fast.output(output) == plain.output(output));
  }
  for (const std::size_t output : {ChooseOp::kKept, ChooseOp::kCount}) {
    CHECK(fast.index_output(output) == plain.index_output(output));
  }
  fast.backward(~0U, cotangents, Real(0.5));
  plain.backward(~0U, cotangents, Real(0.5));
  CHECK(fast.gradient(0) == plain.gradient(0));
  CHECK(fast.gradient(1) == plain.gradient(2));
}

TEST_CASE("masked items are compacted away: kept ascending, then -1, weights 0 beyond count") {
  const Input scores = testing::real_input({1, 1, 5}, {3, 9, 1, 2, 9});
  OpRunner runner(op_of({.selector = "top_k(3)"}, Has::kMask), {scores, testing::index_input({1, 5}, {1, 0, 0, 1, 0})});
  runner.forward();
  CHECK(runner.index_output(ChooseOp::kKept) == std::vector<Index>{0, 3, -1});
  CHECK(runner.index_output(ChooseOp::kCount) == std::vector<Index>{2});
  const Reals weights = runner.output(ChooseOp::kWeights);
  CHECK(weights[0] == doctest::Approx(1 / (1 + std::exp(-1.0))));
  CHECK(weights[2] == 0);
  CHECK(runner.guards_are_whole());
}

TEST_CASE("an empty axis of items is a row with nothing allowed") {
  OpRunner runner(op_of({.selector = "top_k(3)"}, Has::kValues),
                  {testing::real_input({2, 1, 0}, {}), testing::real_input({2, 0, 3}, {})});
  runner.forward();
  CHECK(runner.index_output(ChooseOp::kCount) == std::vector<Index>{0, 0});
  CHECK(runner.output(ChooseOp::kRead) == Reals(6));
}

TEST_CASE("straight_through gives argmax the gradient that softmax has on the same read") {
  // With the unit matrix as values the read is the weights, so that a cotangent of the read is one of every weight.
  const Input scores = scores_of(1, 2, 5);
  Reals unit(25);
  for (std::size_t i = 0; i < 5; ++i) unit[6 * i] = 1;
  const std::vector<Input> inputs{scores, testing::real_input({1, 5, 5}, unit)};
  const Reals cotangent = normals(10, rng_of(5));
  for (const char* pattern : {"dense", "causal"}) {
    OpRunner hard(op_of({pattern, "argmax", "straight_through"}, Has::kValues), inputs);
    OpRunner soft(op_of({pattern, "softmax"}, Has::kValues), inputs);
    hard.forward();
    soft.forward();
    // A gradient of the weight that was chosen adds to what the read gives.
    const std::vector<Index> kept = hard.index_output(ChooseOp::kKept);
    Reals grad_weights(10);
    grad_weights[kept[0]] = 2;
    grad_weights[5 + kept[1]] = -3;
    hard.backward(1U, {{2, -3}, {}, {}, Reals(2), cotangent}, 0);
    soft.backward(1U, {grad_weights, {}, {}, Reals(2), cotangent}, 0);
    CHECK(testing::difference(hard.gradient(0), soft.gradient(0)) < testing::kValueLimit);
    CHECK(hard.output(ChooseOp::kWeights) == Reals{1, 1});
  }
}

TEST_CASE("reinforce adds advantage times the gradient of the log-probability, in every query of its row") {
  const std::vector<Input> inputs{scores_of(2, 3, 4)};
  const Reals advantages{2, -3};
  const std::span<const Real> slots[] = {{}, advantages};
  OpRunner plain(op_of({.selector = "sample", .estimator = "reinforce", .advantage_slot = 1}, Has::kNothing), inputs);
  OpRunner scored(op_of({.selector = "sample", .estimator = "reinforce", .advantage_slot = 1}, Has::kNothing), inputs,
                  {.advantages = slots});
  plain.forward();
  scored.forward();
  plain.backward(~0U, {Reals(6), {}, {}, {2, 2, 2, -3, -3, -3}, {}}, 1);  // the same through the output log_prob
  scored.backward(~0U, {Reals(6), {}, {}, Reals(6), {}}, 1);
  CHECK(scored.gradient(0) == plain.gradient(0));
  CHECK(scored.gradient(0) != Reals(24, 1));
}

TEST_CASE("queries of one row draw independently, and evaluation draws nothing") {
  const Input scores = testing::real_input({1, 64, 2}, Reals(128, 0));
  OpRunner training(op_of({.selector = "sample", .estimator = "reinforce"}, Has::kNothing), {scores},
                    {.mode = Mode::kTrain});
  OpRunner evaluation(op_of({.selector = "sample", .estimator = "reinforce"}, Has::kNothing), {scores},
                      {.mode = Mode::kEvaluate});
  training.forward();
  evaluation.forward();
  const std::vector<Index> drawn = training.index_output(ChooseOp::kKept);
  const auto ones = std::count(drawn.begin(), drawn.end(), 1);
  CHECK(ones > 16);
  CHECK(ones < 48);
  CHECK(evaluation.index_output(ChooseOp::kKept) == std::vector<Index>(64, 0));
}

TEST_CASE("counters follow the choice: a sparse selector touches its kept rows only, also in backward") {
  const auto count = [](const std::string& text) {
    SiteRun run({.text = text, .batch = 2, .queries = 3, .items = 50});
    run.forward();
    run.backward({{"read", normals(30, rng_of(6))}});
    return run.execution->take_counters().at("site");
  };
  const auto check = [&](const std::string& text, std::uint64_t forward, std::uint64_t backward) {
    CAPTURE(text);
    const Counters counters = count(text);
    CHECK(counters.scored_pairs == 300);
    CHECK(counters.gathered_rows == forward);
    CHECK(counters.gathered_rows_backward == backward);
  };
  check("dot | dense | top_k(4)", 24, 24);
  check("dot | causal | softmax", 12, 12);
  check("dot | dense | softmax", 300, 300);
  check("dot | dense | argmax | straight_through", 6, 300);  // the estimator asks for every weight
  check("dot | causal | argmax | straight_through", 6, 12);
  check("dot | dense | sample | reinforce", 6, 6);
}

TEST_CASE("a site names the input that does not fit") {
  const auto infer = [](Has has, const std::vector<Type>& types) { return op_of({}, has)->infer(types); };
  const Type scores{{2, 3, 6}, Kind::kReal};
  CHECK_THROWS_WITH_AS(infer(Has::kNothing, {{{2, 6}, Kind::kReal}}),
                       doctest::Contains("scores [B, M, N] were expected; Real [2, 6] came"), Error);
  CHECK_THROWS_WITH_AS(infer(Has::kMask, {scores, {{3, 6}, Kind::kIndex}}),
                       doctest::Contains("mask Index [2, 6] or [2, 3, 6] were expected; Index [3, 6] came"), Error);
  CHECK_THROWS_WITH_AS(infer(Has::kMask, {scores, {{2, 6}, Kind::kReal}}), doctest::Contains("Real [2, 6] came"), Error);
  CHECK_THROWS_WITH_AS(infer(Has::kValues, {scores, {{2, 5, 4}, Kind::kReal}}),
                       doctest::Contains("values [B, N, V] with B = 2 and N = 6 were expected; Real [2, 5, 4] came"), Error);
  CHECK_THROWS_WITH_AS(SiteRun({.text = "dot | dense | argmax | straight_through", .value_width = 0}),
                       doctest::Contains("needs values; none came"), Error);
}

}  // namespace fovea
