#include "framework/graph/resize.h"

#include <doctest/doctest.h>

#include "framework/graph/functions.h"
#include "framework/graph/loop.h"

namespace fovea {

TEST_CASE("types follow the sizes of the inputs, also through a loop") {
  Builder b;
  const Value x = b.input("x", {{2, 4, 3}});
  LoopBuilder loop(b, "loop");
  const Value item = loop.stacked("item", transpose(x, {1, 0, 2}));
  const Value total = loop.carried("total", sum(x, 1));
  const Value next = add(total, item);
  loop.next(total, next);
  const Value all = loop.stack("all", next);
  loop.finish();
  b.output("all", all);
  const auto graph = b.freeze();
  const Slot out = graph->output("all");
  CHECK(Resized::of(*graph, {})->type(out)->shape == Shape{4, 2, 3});
  CHECK(Resized::of(*graph, {{"x", {{2, 6, 3}}}})->type(out)->shape == Shape{6, 2, 3});
  CHECK(Resized::of(*graph, {{"x", {{5, 1, 2}}}})->type(out)->shape == Shape{1, 5, 2});
}

TEST_CASE("sizes that an op does not take are answered by nothing") {
  Builder b;
  const Value x = b.input("x", {{2, 3}});
  b.output("y", linear(x, b.parameter("w", {4, 3})));
  const auto graph = b.freeze();
  CHECK(Resized::of(*graph, {{"x", {{7, 3}}}}).has_value());
  CHECK_FALSE(Resized::of(*graph, {{"x", {{2, 5}}}}).has_value());
}

}  // namespace fovea
