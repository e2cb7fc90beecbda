#include <doctest/doctest.h>

#include <limits>

#include "framework/attention/choose/choose_op.h"
#include "framework/attention/pattern_text.h"
#include "framework/cpu/parallel.h"
#include "tests/conformance/chosen.h"
#include "tests/support/gradient_check.h"

// Rows that go to the selector as they are stored, many at a time, compared with rows that go one by one.

namespace fovea {
namespace {

using conformance::normals;
using conformance::rng_of;
using testing::Input;
using testing::OpRunner;
using Reals = std::vector<Real>;

constexpr Real kAssign = std::numeric_limits<Real>::quiet_NaN();

struct Extents {
  Extent batch;
  Extent queries;
  Extent items;
};

std::shared_ptr<const Op> op_of(const std::string& selector, bool has_mask, bool has_values) {
  ChooseParts parts;
  parts.pattern = parse_pattern("dense").pattern;
  parts.selector = Registry<Selector>::instance().parse(selector).plugin;
  parts.estimator = Registry<Estimator>::instance().parse("none").plugin;
  parts.has_mask = has_mask;
  parts.has_values = has_values;
  return std::make_shared<ChooseOp>(parts);
}

Input normal_input(const Shape& shape, std::uint32_t seed) {
  return testing::real_input(shape, normals(static_cast<std::size_t>(shape.size()), rng_of(seed, 90)));
}

/// A cotangent of every output that has one.
std::vector<Reals> cotangents_of(const OpRunner& runner) {
  std::vector<Reals> all;
  for (const Type& type : runner.output_types()) {
    const bool is_real = type.kind == Kind::kReal;
    all.push_back(is_real ? normals(static_cast<std::size_t>(type.shape.size()), rng_of(1, 91)) : Reals());
  }
  return all;
}

/// `together` has no mask, `alone` one that allows everything.
void check_same(const std::string& selector, const Extents& e, bool has_values, const OpContext& context) {
  std::vector<Input> inputs{normal_input({e.batch, e.queries, e.items}, 1)};
  std::vector<Input> masked = inputs;
  masked.push_back(
      testing::index_input({e.batch, e.items}, std::vector<Index>(static_cast<std::size_t>(e.batch * e.items), 1)));
  if (has_values) inputs.push_back(normal_input({e.batch, e.items, 3}, 2));
  if (has_values) masked.push_back(inputs.back());
  OpRunner together(op_of(selector, false, has_values), inputs, context);
  OpRunner alone(op_of(selector, true, has_values), masked, context);
  together.forward();
  alone.forward();
  for (const std::size_t output : {ChooseOp::kKept, ChooseOp::kCount}) {
    CHECK(together.index_output(output) == alone.index_output(output));
  }
  CHECK(together.output(ChooseOp::kWeights) == alone.output(ChooseOp::kWeights));
  CHECK(together.output(ChooseOp::kLogProb) == alone.output(ChooseOp::kLogProb));
  if (has_values) CHECK(together.output(ChooseOp::kRead) == alone.output(ChooseOp::kRead));
  for (const Real start : {Real(0.5), kAssign}) {
    together.backward(1U, cotangents_of(together), start);
    alone.backward(1U, cotangents_of(alone), start);
    CHECK(together.gradient(0) == alone.gradient(0));
  }
  CHECK(together.guards_are_whole());
}

/// Weights and gradients of the rows of a batch, in shards on several threads.
Reals run_in_shards(const std::string& selector, Extent shards, int threads) {
  cpu::set_threads(threads);
  const Extents e{12 / shards, 5, 70};
  const Reals scores = normals(static_cast<std::size_t>(12 * e.queries * e.items), rng_of(3, 90));
  const auto length = static_cast<std::size_t>(e.batch * e.queries * e.items);
  Reals results(2 * scores.size());
  cpu::parallel_for(shards, [&](Extent shard) {
    const auto begin = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(shard) * length);
    const Reals part(scores.begin() + begin, scores.begin() + begin + static_cast<std::ptrdiff_t>(length));
    OpContext context{.seed = 6};
    context.first_row = static_cast<std::uint32_t>(shard * e.batch);
    OpRunner runner(op_of(selector, false, false), {testing::real_input({e.batch, e.queries, e.items}, part)}, context);
    runner.forward();
    runner.backward(1U, {part, {}, {}, Reals(static_cast<std::size_t>(e.batch * e.queries)), {}}, kAssign);
    const Reals weights = runner.output(ChooseOp::kWeights);
    const Reals grad = runner.gradient(0);
    std::copy(weights.begin(), weights.end(), results.begin() + begin);
    std::copy(grad.begin(), grad.end(), results.begin() + static_cast<std::ptrdiff_t>(scores.size()) + begin);
  });
  cpu::set_threads(0);
  return results;
}

}  // namespace

TEST_CASE("rows that are chosen together equal rows chosen alone, to the bit: soft, sparse and random ones") {
  for (const char* selector : {"softmax", "softmax(0.4)", "gumbel_softmax", "gumbel_softmax(0.5)", "sparsemax",
                               "sparsemax(3)", "entmax", "entmax(2)", "entmax(1.25)", "top_k(3)", "k_subset_marginals(2)"}) {
    CAPTURE(selector);
    for (const Extents& e : {Extents{3, 1, 5}, Extents{2, 21, 64}, Extents{2, 3, 130}}) {
      CAPTURE(e.items);
      for (const bool has_values : {false, true}) {
        CAPTURE(has_values);
        check_same(selector, e, has_values, {.seed = 3, .mode = Mode::kTrain});
        check_same(selector, e, has_values, {.seed = 3, .mode = Mode::kEvaluate});
      }
    }
  }
}

TEST_CASE("noise of rows that are chosen together differs in every row") {
  OpRunner runner(op_of("gumbel_softmax", false, false), {testing::real_input({2, 20, 2}, Reals(80, 0))},
                  {.seed = 4, .mode = Mode::kTrain});
  runner.forward();
  Reals weights = runner.output(ChooseOp::kWeights);
  std::sort(weights.begin(), weights.end());
  CHECK(std::adjacent_find(weights.begin(), weights.end()) == weights.end());
}

TEST_CASE("rows that are chosen together have the same bits in any shards, on any number of threads") {
  for (const char* selector : {"softmax", "gumbel_softmax", "sparsemax", "entmax"}) {
    CAPTURE(selector);
    const Reals expected = run_in_shards(selector, 1, 1);
    for (const Extent shards : {2, 4, 12}) {
      for (const int threads : {1, 2, 3, 8}) CHECK(run_in_shards(selector, shards, threads) == expected);
    }
  }
}

}  // namespace fovea
