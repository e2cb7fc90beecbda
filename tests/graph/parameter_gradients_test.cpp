#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "framework/graph/functions.h"
#include "framework/graph/loop.h"
#include "framework/graph/plan.h"

using namespace fovea;

namespace {

using Backward = ParameterMemory::Backward;
using Gradients = std::map<std::string, std::vector<Real>>;

// Every way in which a gradient can come to a parameter.
std::shared_ptr<const Graph> graph_of_readers() {
  Builder b;
  const Value x = b.parameter("x", {3, 4});
  const Value several = b.parameter("several", {4, 4});
  const Value squared = b.parameter("squared", {3, 4});
  const Value output = b.parameter("output", {3, 4});
  const Value picked = b.parameter("picked", {5, 4});
  const Value detached = b.parameter("detached", {3, 4});
  LoopBuilder loop(b, "loop");
  const Value state = loop.carried("state", add(x, detach(detached)));
  const Value inner = loop.body().parameter("inner", {4, 4});
  const Value next = tanh(add(linear(state, several), linear(state, inner)));
  loop.next(state, next);
  const Value last = loop.last("last", next);
  loop.steps(3);
  loop.finish();
  b.output("y", add(linear(last, several), multiply(squared, squared)));
  b.output("z", multiply(output, gather_rows(picked, b.constant("rows", Shape{3}, std::vector<Index>{4, 0, 4}))));
  b.output("output", output);
  return b.freeze();
}

// Parameters that a loop starts from, iterates over and sees as a whole, some in two of these ways; it ends before its last
// step.
std::shared_ptr<const Graph> graph_of_loop_inputs() {
  Builder b;
  const Value first = b.parameter("first", {3, 4});
  const Value walked = b.parameter("walked", {5, 3, 4});
  const Value twice = b.parameter("twice", {3, 4});
  const Value unread = b.parameter("unread", {3, 4});
  LoopBuilder loop(b, "loop");
  const Value state = loop.carried("state", first);
  const Value other = loop.carried("other", twice);
  const Value unused = loop.carried("unused", unread);
  const Value item = loop.stacked("item", walked);
  const Value next = tanh(add(multiply(state, item), add(twice, multiply(first, other))));
  loop.next(state, next);
  loop.next(other, multiply(other, item));
  loop.next(unused, unused);
  loop.stop(b.constant("stop", Shape{3}, std::vector<Index>{1, 1, 1}));
  const Value states = loop.stack("states", next);
  const Value last = loop.last("last", next);
  loop.finish();
  b.output("y", last);
  b.output("z", states);
  b.output("output", multiply(first, twice));
  return b.freeze();
}

struct Start {
  Backward backward;
  Real gradient;
  int passes;
};

Gradients gradients_of(const std::shared_ptr<const Graph>& graph, Start start) {
  std::map<std::string, std::vector<Real>> values;
  Gradients gradients;
  for (const int id : graph->parameters()) {
    const auto size = static_cast<std::size_t>(graph->node(id).outputs[0].shape.size());
    const std::string& path = graph->node(id).path;
    values[path].resize(size);
    Rng rng({.seed = 1, .stream = stream_of(path)});
    rng.fill_normal(values[path]);
    gradients[path].assign(size, start.gradient);
  }
  Execution execution(Plan::compile(graph, {}, Plan::Passes::kBackward), [&](const std::string& path) {
    return ParameterMemory{values.at(path).data(), gradients.at(path).data(), start.backward};
  });
  for (int pass = 0; pass < start.passes; ++pass) {
    execution.forward({});
    execution.clear_output_gradients();
    for (const char* name : {"y", "z", "output"}) {
      const Tensor gradient = execution.output_gradient(name);
      for (Extent i = 0; i < gradient.size(); ++i) gradient.real()[i] += static_cast<Real>(i % 5) - Real(1.5);
    }
    execution.backward({});
  }
  return gradients;
}

}  // namespace

TEST_CASE("written gradients of parameters equal those that are added to zeros, whatever the memory held") {
  for (const auto& graph : {graph_of_readers(), graph_of_loop_inputs()}) {
    const Gradients added = gradients_of(graph, {Backward::kAdds, 0, 1});
    const Gradients written = gradients_of(graph, {Backward::kWrites, Real(NAN), 2});
    for (const auto& one : added) {
      const auto& path = one.first;
      const auto& expected = one.second;
      CAPTURE(path);
      CHECK(std::equal(expected.begin(), expected.end(), written.at(path).begin(), [](Real a, Real b) { return a == b; }));
      const bool is_read = path != "detached" && path != "unread";
      CHECK(std::any_of(expected.begin(), expected.end(), [](Real g) { return g != 0; }) == is_read);
    }
  }
}
