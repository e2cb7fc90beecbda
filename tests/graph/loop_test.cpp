#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "framework/graph/loop.h"
#include "framework/graph/plan.h"
#include "tests/support/model_run.h"

using namespace fovea;

namespace {

constexpr Extent kBatch = 3;
constexpr Extent kWidth = 4;
constexpr Extent kSteps = 5;

Value cell(Value state, Value item, Value weight, Value bias) {
  return tanh(add(add(linear(state, weight, bias), item), multiply(state, item)));
}

// count, limit -> count + 1, and whether the limit is reached.
class CountTo final : public Op {
 public:
  std::string_view name() const override { return "count_to"; }
  std::vector<Type> infer(std::span<const Type> in) const override { return {in[0], in[0]}; }
  void forward(const OpRun& run) const override {
    for (Extent i = 0; i < run.in[0].size(); ++i) {
      run.out[0].index()[i] = run.in[0].index()[i] + 1;
      run.out[1].index()[i] = run.out[0].index()[i] >= run.in[1].index()[i] ? 1 : 0;
    }
  }
  bool is_differentiable() const override { return false; }
};

struct Parts {
  Value initial, items, weight, bias;
};

Parts parts_of(Builder& b) {
  return {b.parameter("initial", {kBatch, kWidth}, Init::normal(1)),
          b.parameter("items", {kSteps, kBatch, kWidth}, Init::normal(1)),
          b.parameter("weight", {kWidth, kWidth}, Init::normal(0.7)), b.parameter("bias", {kWidth}, Init::normal(1))};
}

// The same body twice: as a loop, and step by step by hand.
std::shared_ptr<const Graph> looped() {
  Builder b;
  const Parts p = parts_of(b);
  LoopBuilder loop(b, "loop");
  const Value state = loop.carried("state", p.initial);
  const Value item = loop.stacked("item", p.items);
  const Value next = cell(state, item, p.weight, p.bias);
  loop.next(state, next);
  const Value all = loop.stack("states", next);
  const Value last = loop.last("last", next);
  loop.finish();
  b.output("states", all);
  b.output("last", last);
  return b.freeze();
}

std::shared_ptr<const Graph> unrolled() {
  Builder b;
  const Parts p = parts_of(b);
  Value state = p.initial;
  std::vector<Value> states;
  for (Extent t = 0; t < kSteps; ++t) {
    const Value item = reshape(slice(p.items, 0, t, t + 1), {kBatch, kWidth});
    state = cell(state, item, p.weight, p.bias);
    states.push_back(reshape(state, {1, kBatch, kWidth}));
  }
  b.output("states", concat(states, 0));
  b.output("last", state);
  return b.freeze();
}

}  // namespace

TEST_CASE("a loop equals its body unrolled by hand, to the bit, in values and in gradients") {
  test::ModelRun a(looped());
  test::ModelRun b(unrolled());
  for (test::ModelRun* run : {&a, &b}) run->run({{"states", 11}, {"last", 12}});
  CHECK(test::equal_bits(a.output("states"), b.output("states")));
  CHECK(test::equal_bits(a.output("last"), b.output("last")));
  for (const char* name : {"initial", "items", "weight", "bias"}) {
    CAPTURE(name);
    // Sums over steps run backwards in both; a parameter of the loop adds step by step as the unrolled one does.
    CHECK(test::equal_bits(a.gradient(name), b.gradient(name)));
  }
}

TEST_CASE("a loop's gradient agrees with central differences") {
  test::ModelRun run(looped());
  CHECK(run.gradient_error({{"states", 3}, {"last", 4}}) < test::kGradientLimit);
}

TEST_CASE("a loop runs as many steps as a plan's input says") {
  Builder b;
  const Value items = b.input("items", {{2, 1, 3}, Kind::kReal});
  LoopBuilder loop(b, "sum");
  const Value total = loop.carried("total", b.parameter("start", {1, 3}, Init::constant(1)));
  const Value next = add(total, loop.stacked("item", items));
  loop.next(total, next);
  const Value last = loop.last("last", next);
  loop.finish();
  b.output("last", last);
  const std::shared_ptr<const Graph> graph = b.freeze();
  for (const Extent steps : {1, 2, 7}) {
    test::ModelRun run(graph, {{"items", {{steps, 1, 3}, Kind::kReal}}});
    const std::vector<Real> ones(static_cast<std::size_t>(steps * 3), Real(1));
    run.bind("items", ones.data());
    run.run({});
    CHECK(run.output("last").real()[0] == Real(1 + steps));
  }
}

TEST_CASE("a row that has stopped keeps its carried values, and the loop ends when all rows have") {
  Builder b;
  const Value limit = b.input("limit", {{3}, Kind::kIndex});
  const Value zero = b.constant("zero", {3}, std::vector<Index>{0, 0, 0});
  LoopBuilder loop(b, "count");
  loop.steps(6);
  const Value value = loop.carried("value", b.parameter("start", {3, 1}, Init::constant(0)));
  const Value count = loop.carried("count", zero);
  const Value next = add_scalar(value, 1);
  const std::vector<Value> counted = loop.body().add_all(std::make_shared<CountTo>(), {count, limit});
  loop.next(value, next);
  loop.next(count, counted[0]);
  loop.stop(counted[1]);
  const Value all = loop.stack("all", next);
  const Value steps = loop.final("value", value);
  loop.finish();
  b.output("all", all);
  b.output("value", steps);
  test::ModelRun run(b.freeze());
  const std::vector<Index> limits{1, 4, 2};
  run.bind("limit", limits.data());
  run.run({});
  const Tensor value_out = run.output("value");
  CHECK(value_out.real()[0] == Real(1));
  CHECK(value_out.real()[1] == Real(4));
  CHECK(value_out.real()[2] == Real(2));
  CHECK(run.output("all").real()[3 * 3 + 1] == Real(4));
  CHECK(run.output("all").real()[4 * 3 + 1] == Real(0));  // the fifth step did not run
}

TEST_CASE("a loop without a next value, without steps, or of unequal lengths is refused with its path") {
  Builder b;
  const Value start = b.parameter("start", {2}, Init::zero());
  LoopBuilder loop(b, "loop");
  loop.carried("state", start);
  loop.steps(2);
  CHECK_THROWS_WITH_AS(loop.finish(), doctest::Contains("[loop] every carried value has a next one; 'state' has none"),
                       Error);
  LoopBuilder endless(b, "endless");
  CHECK_THROWS_WITH_AS(endless.finish(), doctest::Contains("[endless] a loop runs at least one step"), Error);
}
