#include "modules/memory/dnc/dnc.h"

#include <doctest/doctest.h>

#include <functional>

#include "modules/memory/dnc/dnc_memory.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using test::ModelRun;
using Reals = std::vector<Real>;

struct Given {
  Shape shape;
  Reals values;
};
using Values = std::map<std::string, Value>;

/// A function of parameters, run; its gradient is compared with central differences.
Reals result_of(const std::map<std::string, Given>& given, const std::function<Value(const Values&)>& function) {
  Builder b;
  Values values;
  for (const auto& [name, one] : given) values[name] = b.parameter(name, one.shape);
  b.output("y", function(values));
  ModelRun run(b.freeze());
  for (const auto& [name, one] : given) run.set(name, one.values);
  CHECK(run.gradient_error({{"y", 5}}) < test::kGradientLimit);
  run.run({{"y", 5}});
  const Tensor y = run.output("y");
  return {y.real(), y.real() + y.size()};
}

void expect(const Reals& got, const Reals& wanted) { CHECK(testing::difference(got, wanted) < testing::kValueLimit); }

std::shared_ptr<const Graph> network(const DncOptions& options, const Shape& inputs) {
  Builder b;
  DncMemory memory(b, options);
  b.output("y", memory_network(b.parameter("x", inputs, Init::normal(1)), memory, {.kind = "lstm", .hidden = 4}, 2));
  return b.freeze();
}

}  // namespace

TEST_CASE("a slot is retained as far as no head that has read it gives it up") {
  const Given weights{{1, 2, 3}, {1, 0.5, 0, 0, 0.5, 1}};
  const Given gates{{1, 2}, {1, 0.5}};
  expect(result_of({{"w", weights}, {"f", gates}}, [](const Values& in) { return retention(in.at("w"), in.at("f")); }),
         {0, 0.375, 0.5});
}

TEST_CASE("usage rises by what is written and falls by what is given up") {
  expect(result_of({{"u", {{1, 3}, {0.5, 0.5, 0}}}, {"w", {{1, 3}, {0.5, 0, 1}}}, {"r", {{1, 3}, {1, 0.5, 1}}}},
                   [](const Values& in) { return update_usage(in.at("u"), in.at("w"), in.at("r")); }),
         {0.75, 0.25, 1});
}

TEST_CASE("precedence is that of what was written last") {
  const auto run = [](const Reals& weights) {
    return result_of({{"p", {{1, 3}, {0.5, 0.25, 0.25}}}, {"w", {{1, 3}, weights}}},
                     [](const Values& in) { return update_precedence(in.at("p"), in.at("w")); });
  };
  expect(run({0, 0, 1}), {0, 0, 1});
  expect(run({0, 0, 0.5}), {0.25, 0.125, 0.625});
}

TEST_CASE("a head that follows the links comes to what was written next, one that traces them to what was written before") {
  const Given links{{1, 3, 3}, {0, 0, 0, 1, 0, 0, 0, 1, 0}};  // slot 1 after slot 0, slot 2 after slot 1
  const Given at_1{{1, 1, 3}, {0, 1, 0}};
  expect(result_of({{"l", links}, {"w", at_1}}, [](const Values& in) { return follow_links(in.at("l"), in.at("w")); }),
         {0, 0, 1});
  expect(result_of({{"l", links}, {"w", at_1}}, [](const Values& in) { return trace_links(in.at("l"), in.at("w")); }),
         {1, 0, 0});
}

TEST_CASE("sharpened links are a power of what was found, and equal where nothing was") {
  const auto run = [](const Reals& weights) {
    Builder b;
    b.output("y", sharpen_links(b.parameter("w", {1, 1, 2}), b.parameter("p", {1, 1})));
    ModelRun made(b.freeze());
    made.set("w", weights);
    made.set("p", {2});
    made.run({{"y", 1}});
    return Reals{made.output("y").real(), made.output("y").real() + 2};
  };
  CHECK(testing::difference(run({0.5, 0.25}), {0.8, 0.2}) < 1e-5);
  expect(run({0, 0}), {0.5, 0.5});
}

TEST_CASE("the gradient of a differentiable neural computer is exact, in a loop, with and without its improvements") {
  for (const bool is_improved : {false, true}) {
    for (const Extent reads : {1, 2}) {
      CAPTURE(is_improved);
      CAPTURE(reads);
      DncOptions options{.slots = 4, .width = 3};
      options.reads = reads;
      options.variant = {is_improved, is_improved, is_improved};
      ModelRun run(network(options, {4, 2, 2}));
      CHECK(run.gradient_error({{"y", 7}}) < test::kGradientLimit);
    }
  }
}

}  // namespace fovea
