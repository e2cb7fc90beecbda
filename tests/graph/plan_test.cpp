#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/graph/check.h"
#include "framework/graph/functions.h"
#include "framework/graph/place.h"
#include "tests/support/model_run.h"

using namespace fovea;

TEST_CASE("a value used twice by one op gets both gradients") {
  Builder b;
  const Value x = b.parameter("x", {4}, Init::normal(1));
  b.output("y", multiply(tanh(x), tanh(x)));
  const Value t = sigmoid(x);
  b.output("z", multiply(t, t));
  test::ModelRun run(b.freeze());
  CHECK(run.gradient_error({{"y", 1}, {"z", 2}}) < test::kGradientLimit);
}

TEST_CASE("gradients of a value with several readers add up") {
  Builder b;
  const Value x = b.parameter("x", {3, 4}, Init::normal(1));
  const Value w = b.parameter("w", {5, 4}, Init::normal(1));
  const Value h = tanh(linear(x, w));
  b.output("a", multiply(h, sigmoid(h)));
  b.output("b", sum(h, 1));
  b.output("h", h);
  test::ModelRun run(b.freeze());
  CHECK(run.gradient_error({{"a", 1}, {"b", 2}, {"h", 3}}) < test::kGradientLimit);
}

TEST_CASE("the arena of a chain is smaller than the sum of its values") {
  Builder b;
  Value x = b.parameter("x", {1000}, Init::normal(1));
  for (int i = 0; i < 20; ++i) x = scale(x, 0.9);
  b.output("y", x);
  const auto plan = Plan::compile(b.freeze(), {}, Plan::Passes::kForward);
  CHECK(plan->arena_bytes() <= 3 * 1024 * sizeof(Real));
  CHECK(plan->unshared_bytes() >= 20 * 1000 * sizeof(Real));
}

TEST_CASE("pieces that live at the same time never overlap") {
  Rng rng({.seed = 3});
  std::vector<graph::Piece> pieces(60);
  std::vector<graph::Piece*> pointers;
  for (graph::Piece& piece : pieces) {
    piece.bytes = static_cast<std::size_t>(rng.between(1, 5000));
    piece.first = static_cast<int>(rng.below(50));
    piece.last = piece.first + static_cast<int>(rng.below(10));
    pointers.push_back(&piece);
  }
  graph::place(pointers);
  int clashes = 0;
  for (const graph::Piece& a : pieces) {
    for (const graph::Piece& b : pieces) {
      const bool in_time = &a != &b && a.first <= b.last && b.first <= a.last;
      if (in_time && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes) ++clashes;
    }
  }
  CHECK(clashes == 0);
}

TEST_CASE("an error names the path of the node and the line that built it") {
  Builder b;
  const auto scope = b.scope("decoder");
  const Value x = b.parameter("x", {2, 3});
  const Value w = b.parameter("w", {5, 4});
  CHECK_THROWS_WITH_AS(linear(x, w), doctest::Contains("[decoder/linear]"), Error);
  CHECK_THROWS_WITH_AS(linear(x, w), doctest::Contains("plan_test.cpp:"), Error);
}

TEST_CASE("a parameter that does not reach the cost is refused") {
  Builder b;
  const Value used = b.parameter("used", {2});
  b.parameter("decoder/start", {2});
  b.output("cost", used);
  CHECK_THROWS_WITH_AS(b.freeze(), doctest::Contains("parameter 'decoder/start' does not reach the loss"), Error);
}

TEST_CASE("a cycle is named by the paths on it") {
  std::vector<Node> nodes(3);
  nodes[0].path = "a";
  nodes[1].path = "b";
  nodes[2].path = "c";
  nodes[0].inputs = {{2, 0}};
  nodes[1].inputs = {{0, 0}};
  nodes[2].inputs = {{1, 0}};
  CHECK_THROWS_WITH_AS(graph::ordered(nodes), doctest::Contains("a -> b -> c -> a"), Error);
}

TEST_CASE("a step-wise run names the first value that is not finite") {
  Builder b;
  const Value x = b.parameter("x", {3}, Init::constant(-1));
  const auto scope = b.scope("encoder");
  const Value y = log(x);
  b.output("y", add_scalar(y, 1));
  test::ModelRun run(b.freeze());
  const auto found = run.execution().hunt({}, Execution::With::kForward);
  REQUIRE(found.has_value());
  CHECK(found->path == "encoder/log");
  CHECK(found->pass == "forward");
}

TEST_CASE("an input of another kind or rank, an unknown input and an unbound one are refused by name") {
  Builder b;
  const Value x = b.input("items", {{2, 3}, Kind::kReal});
  b.output("y", tanh(x));
  const auto graph = b.freeze();
  CHECK_THROWS_WITH_AS(Plan::compile(graph, {{"items", {{2}, Kind::kReal}}}, Plan::Passes::kForward),
                       doctest::Contains("[items]"), Error);
  CHECK_THROWS_WITH_AS(Plan::compile(graph, {{"item", {{2, 3}, Kind::kReal}}}, Plan::Passes::kForward),
                       doctest::Contains("Did you mean 'items'?"), Error);
  test::ModelRun run(graph);
  CHECK_THROWS_WITH_AS(run.run({}), doctest::Contains("[items]"), Error);
}
