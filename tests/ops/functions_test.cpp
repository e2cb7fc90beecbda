#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "framework/graph/loop.h"
#include "modules/layers/embedding.h"
#include "modules/layers/layer_norm.h"
#include "modules/layers/linear.h"
#include "modules/recurrent/gru.h"
#include "modules/recurrent/lstm.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using fovea::test::ModelRun;
using fovea::testing::difference;
using fovea::testing::random_input;

std::vector<Real> reals_of(const Tensor& tensor) { return {tensor.real(), tensor.real() + tensor.size()}; }

const Shape kSequence{4, 3, 5};  // T, B, D

// Outputs "fused" and "looped" have to agree, and so have the gradients of the parameters.
void check_agreement(std::shared_ptr<const Graph> graph) {
  ModelRun run(std::move(graph));
  const auto x = random_input(kSequence, 1);
  run.bind("x", x.reals.data());
  constexpr double kLimit = sizeof(Real) == 8 ? 1e-12 : 1e-5;
  run.run({{"fused", 7}});
  const std::vector<Real> fused = reals_of(run.gradient("cell/weight_hh"));
  CHECK(difference(reals_of(run.output("fused")), reals_of(run.output("looped"))) < kLimit);
  run.run({{"looped", 7}});
  CHECK(difference(reals_of(run.gradient("cell/weight_hh")), fused) < kLimit);
}

TEST_CASE("an LSTM stepped in a loop gives the states and gradients of the fused sequence") {
  Builder b;
  const Value x = b.input("x", {kSequence});
  const Lstm cell(b, "cell", kSequence[2], 6);
  b.output("fused", cell.run(x).states);
  LoopBuilder loop(b, "loop");
  const Value hidden = loop.carried("hidden", zeros_like_rows(transpose(x, {1, 0, 2}), {6}));
  const Value memory = loop.carried("memory", zeros_like_rows(transpose(x, {1, 0, 2}), {6}));
  const Lstm::State next = cell.step(loop.stacked("x", x), {hidden, memory});
  loop.next(hidden, next.hidden);
  loop.next(memory, next.cell);
  const Value states = loop.stack("states", next.hidden);
  loop.finish();
  b.output("looped", states);
  check_agreement(b.freeze());
}

TEST_CASE("a GRU stepped in a loop gives the states and gradients of the fused sequence") {
  Builder b;
  const Value x = b.input("x", {kSequence});
  const Gru cell(b, "cell", kSequence[2], 6);
  b.output("fused", cell.run(x).states);
  LoopBuilder loop(b, "loop");
  const Value hidden = loop.carried("hidden", zeros_like_rows(transpose(x, {1, 0, 2}), {6}));
  const Value next = cell.step(loop.stacked("x", x), hidden);
  loop.next(hidden, next);
  const Value states = loop.stack("states", next);
  loop.finish();
  b.output("looped", states);
  check_agreement(b.freeze());
}

TEST_CASE("an op of an outer and an inner value goes into the loop, whichever comes first") {
  Builder b;
  const Value x = b.input("x", {kSequence});
  const Value bias = b.parameter("bias", {kSequence[2]}, Init::constant(2));
  LoopBuilder loop(b, "loop");
  const Value total = loop.carried("total", scale(mean(x, 0), 0));
  const Value next = add(add(bias, loop.stacked("x", x)), total);
  loop.next(total, next);
  const Value last = loop.last("total", next);
  loop.finish();
  b.output("y", last);
  ModelRun run(b.freeze());
  const std::vector<Real> ones(60, 1);
  run.bind("x", ones.data());
  run.run({{"y", 1}});
  for (const Real value : reals_of(run.output("y"))) CHECK(value == 4 * (2 + 1));
}

TEST_CASE("layers have exact gradients") {
  Builder b;
  const Value x = b.input("x", {{2, 3, 5}});
  const Value words = b.constant("words", Shape{2, 3}, std::vector<Index>{0, 3, 1, 3, 2, 0});
  const Value embedded = Embedding(b, "words", 4, 5)(words);
  const Value normed = LayerNorm(b, "norm", 5)(add(x, embedded));
  b.output("y", linear_layer(b, "out", normed, 3));
  ModelRun run(b.freeze());
  const auto values = random_input({2, 3, 5}, 2);
  run.bind("x", values.reals.data());
  CHECK(run.gradient_error({{"y", 3}}) < fovea::test::kGradientLimit);
}

TEST_CASE("cosine_score is the cosine, times its sharpness") {
  Builder b;
  const Value q = b.parameter("q", {1, 1, 2}, Init::constant(1));
  const Value k = b.parameter("k", {1, 1, 2}, Init::constant(3));
  b.output("y", cosine_score(q, k, 2));
  ModelRun run(b.freeze());
  run.run({{"y", 1}});
  CHECK(difference(reals_of(run.output("y")), {2}) < 1e-6);
}

TEST_CASE("an empty value is an error that names the place") {
  CHECK_THROWS_WITH_AS(relu(Value(), {"model.cpp", 12}),
                       "[graph] a value was expected; an empty one came; build it first (at model.cpp:12).", Error);
}

}  // namespace
}  // namespace fovea
