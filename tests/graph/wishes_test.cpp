// What a run asks of its model: smoothed labels, parameters that are dropped or do not move, outputs that are replaced.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <vector>

#include "framework/graph/functions.h"
#include "framework/graph/loop.h"
#include "tests/support/model_run.h"

using namespace fovea;

namespace {

int ops_named(const Graph& graph, std::string_view name) {
  return static_cast<int>(std::count_if(graph.nodes().begin(), graph.nodes().end(),
                                        [&](const Node& node) { return node.op != nullptr && node.op->name() == name; }));
}

std::vector<Real> reals_of(const Tensor& tensor) { return {tensor.real(), tensor.real() + tensor.size()}; }

/// The cost of equal scores of which one has a head start of 2.
Real cost_in(Mode mode, double smoothing) {
  Builder b("model", mode);
  b.set_wishes({.label_smoothing = smoothing});
  const Value scores = b.parameter("scores", {1, 3}, Init::values({2, 0, 0}));
  b.output("cost", cross_entropy(scores, b.constant("target", Shape{1}, std::vector<Index>{0})));
  test::ModelRun run(b.freeze());
  run.set("scores", {2, 0, 0});
  run.run({{"cost", 1}});
  return run.output("cost").real()[0];
}

/// Sums of a parameter over three steps of a loop that asks for it, and of one with its own rule.
std::shared_ptr<const Graph> loop_with(const std::string& dropout, Mode mode = Mode::kTrain) {
  Builder b("model", mode);
  b.set_wishes({.dropout = PathNumbers(dropout, "dropout", 0, 1)});
  LoopBuilder loop(b, "loop");
  const Value sum = loop.carried("sum", b.parameter("start", {40}, Init::zero()));
  const Value inner = loop.body().parameter("inner", {40}, Init::constant(1));
  const Value counted = loop.body().sign_parameter("counted", {40}, std::make_shared<const double>(1), Init::constant(0));
  const Value next = add(sum, add(inner, counted));
  loop.next(sum, next);
  loop.steps(3);
  const Value last = loop.last("last", next);
  loop.finish();
  b.output("y", add(last, b.parameter("after", {40}, Init::zero())));
  return b.freeze();
}

std::vector<Real> output_of(const std::shared_ptr<const Graph>& graph, std::uint32_t step, std::uint32_t first_row) {
  test::ModelRun run(graph);
  for (const char* zero : {"start", "after"}) run.set(zero, std::vector<Real>(40, 0));
  run.set("loop/inner", std::vector<Real>(40, 1));
  run.set("loop/counted", std::vector<Real>(40, 0));
  run.context.step = step;
  run.context.first_row = first_row;
  run.context.mode = graph->mode();
  run.run({{"y", 1}});
  return reals_of(run.output("y"));
}

/// x, whose backward is counted.
class Counted final : public Op {
 public:
  explicit Counted(std::atomic<int>* count) : count_(count) {}
  std::string_view name() const override { return "counted"; }
  std::vector<Type> infer(std::span<const Type> in) const override { return {in[0]}; }
  void forward(const OpRun& run) const override { std::copy_n(run.in[0].real(), run.in[0].size(), run.out[0].real()); }
  void backward(const OpRun& run) const override {
    ++*count_;
    for (Extent i = 0; i < run.in[0].size(); ++i) run.grad_in[0].real()[i] += run.grad_out[0].real()[i];
  }

 private:
  std::atomic<int>* count_;
};

/// The backward calls of an op between two layers, and of one after both.
std::pair<int, int> backward_calls(const std::string& frozen) {
  std::atomic<int> between{0};
  std::atomic<int> after{0};
  Builder b;
  b.set_wishes({.frozen = PathPatterns(frozen)});
  const Value first = linear(b.parameter("x", {2, 3}), b.parameter("first/weight", {4, 3}));
  const Value middle = b.add(std::make_shared<Counted>(&between), {first});
  const Value second = linear(middle, b.parameter("second/weight", {1, 4}));
  b.output("cost", mean_all_but_first(b.add(std::make_shared<Counted>(&after), {second})));
  test::ModelRun(b.freeze()).run({{"cost", 1}});
  return {between, after};
}

}  // namespace

TEST_CASE("labels are smoothed while a model trains, and not when it is evaluated") {
  const double partition = std::log(std::exp(2.0) + 2);
  const auto smoothed = static_cast<Real>(partition - 0.7 * 2 - 0.1 * 2);
  CHECK(cost_in(Mode::kTrain, 0.3) == doctest::Approx(smoothed).epsilon(1e-5));
  CHECK(cost_in(Mode::kTrain, 0) == doctest::Approx(partition - 2).epsilon(1e-5));
  CHECK(cost_in(Mode::kEvaluate, 0.3) == cost_in(Mode::kTrain, 0));
}

TEST_CASE("a parameter is dropped once for all steps of a loop and all rows, anew in every step of training") {
  const auto graph = loop_with("loop/*=0.5");
  CHECK(graph->parameters().size() == 4);
  CHECK(ops_named(*graph, "parameter_dropout") == 1);  // not of the one with its own rule
  const std::vector<Real> y = output_of(graph, 0, 0);
  for (const Real value : y) CHECK((value == 0 || value == 6));
  CHECK(std::count(y.begin(), y.end(), Real(0)) > 5);
  CHECK(std::count(y.begin(), y.end(), Real(0)) < 35);
  CHECK(output_of(graph, 0, 6) == y);
  CHECK(output_of(graph, 1, 0) != y);
}

TEST_CASE("a parameter is dropped only where its path fits, and not in evaluation") {
  CHECK(ops_named(*loop_with("start=0.5"), "parameter_dropout") == 1);
  CHECK(ops_named(*loop_with("*=0.5 loop/*=0"), "parameter_dropout") == 2);  // start, after
  CHECK(ops_named(*loop_with(""), "parameter_dropout") == 0);
  const auto evaluated = loop_with("loop/*=0.5", Mode::kEvaluate);
  CHECK(ops_named(*evaluated, "parameter_dropout") == 0);
  CHECK(output_of(evaluated, 0, 0) == std::vector<Real>(40, 3));
}

TEST_CASE("the gradient of a dropped parameter is that of its kept elements") {
  test::ModelRun run(loop_with("loop/inner=0.5"));
  CHECK(run.gradient_error({{"y", 3}}) < test::kGradientLimit);
}

TEST_CASE("backward does no work below parameters that are all frozen") {
  CHECK(backward_calls("") == std::pair(1, 1));
  CHECK(backward_calls("first/*") == std::pair(1, 1));  // x still moves
  CHECK(backward_calls("x first/*") == std::pair(0, 1));
  CHECK(backward_calls("second/*") == std::pair(1, 1));
}

TEST_CASE("a frozen parameter need not reach the loss") {
  const auto build = [](const std::string& frozen) {
    Builder b;
    b.set_wishes({.frozen = PathPatterns(frozen)});
    b.output("other", b.parameter("other", {2}));
    b.output("cost", b.parameter("x", {2}));
    return b.freeze();
  };
  CHECK_NOTHROW(build("other"));
  CHECK_THROWS_WITH_AS(build(""), doctest::Contains("parameter 'other' does not reach the loss"), Error);
}

TEST_CASE("an output that is replaced keeps its place and its name; one that is not there is added") {
  Builder b;
  const Value x = b.parameter("x", {2});
  b.output("cost", x);
  b.output("guess", x);
  const Value twice = scale(x, 2);
  b.replace_output("cost", twice);
  b.replace_output("fresh", x);
  const auto outputs = b.outputs();
  REQUIRE(outputs.size() == 3);
  CHECK(outputs[0].first == "cost");
  CHECK(outputs[0].second.slot() == twice.slot());
  CHECK(outputs[1].second.slot() == x.slot());
  CHECK(outputs[2].first == "fresh");
}
