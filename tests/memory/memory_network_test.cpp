#include "modules/memory/memory_network.h"

#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "modules/memory/ntm/ntm_memory.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using test::ModelRun;
using Reals = std::vector<Real>;

/// A network of a neural Turing machine over inputs [T, B, D], which are a parameter, so that their gradient is there too.
std::shared_ptr<const Graph> graph_of(const Shape& inputs, const ControllerOptions& controller, const NtmOptions& ntm,
                                      Mode mode = Mode::kTrain) {
  Builder b("model", mode);
  NtmMemory memory(b, ntm);
  b.output("y", memory_network(b.parameter("x", inputs, Init::normal(1)), memory, controller, inputs.last()));
  return b.freeze();
}

/// Parameters of one row, slots of width 1 and one hidden unit such that h = tanh(x), h replaces what was
/// there, and y is what is read. Every head moves by its own number of places in each step.
Reals told(const Reals& x, Extent slots, int write_move, int read_move) {
  const auto steps = static_cast<Extent>(x.size());
  ModelRun run(graph_of({steps, 1, 1}, {.kind = "feed_forward", .hidden = 1}, {.slots = slots, .width = 1}));
  constexpr Real kSure = 60;
  const auto address = [&](const std::string& head, int move) {
    // key, three moves, sharpness, gate, power: by place alone, not sharpened
    run.set(head + "/address/weight", Reals(7, 0));
    Reals bias{0, 0, 0, 0, 0, -kSure, -kSure};
    bias[2 + move] = kSure;
    run.set(head + "/address/bias", bias);
  };
  address("write_1", write_move);
  address("read_1", read_move);
  run.set("write_1/erase/weight", {0});
  run.set("write_1/erase/bias", {kSure});
  run.set("write_1/add/weight", {1});
  run.set("write_1/add/bias", {0});
  run.set("controller/weight", {1, 0});
  run.set("output/weight", {0, 1});
  run.set("x", x);
  run.run({{"y", 1}});
  const Tensor y = run.output("y");
  return {y.real(), y.real() + y.size()};
}

}  // namespace

TEST_CASE("a neural Turing machine outputs what it has written where it reads") {
  const Reals x{Real(0.5), -1, 2, Real(0.25)};
  const Reals h{std::tanh(x[0]), std::tanh(x[1]), std::tanh(x[2]), std::tanh(x[3])};
  constexpr Real kNothing = Real(1e-6);
  const auto expect = [](const Reals& got, const Reals& wanted) { CHECK(testing::difference(got, wanted) < 1e-6); };
  expect(told(x, 3, 0, 0), h);                                 // both heads stay at slot 0
  expect(told(x, 3, 1, 1), h);                                 // both move on together
  expect(told(x, 3, 1, 0), {kNothing, kNothing, h[2], h[2]});  // slot 0 is written after a whole turn of 3
  expect(told(x, 3, 1, -1), {kNothing, h[0], h[2], h[1]});     // written: slots 1 2 0 1, read: slots 2 1 0 2
}

TEST_CASE("the gradient of a neural Turing machine is exact, for both controllers and any number of heads") {
  for (const char* kind : {"feed_forward", "lstm"}) {
    for (const Extent heads : {1, 2}) {
      CAPTURE(kind);
      CAPTURE(heads);
      NtmOptions ntm{.slots = 4, .width = 3};
      ntm.reads = heads;
      ntm.writes = heads;
      ModelRun run(graph_of({3, 2, 2}, {.kind = kind, .hidden = 4}, ntm));
      CHECK(run.gradient_error({{"y", 7}}) < test::kGradientLimit);
    }
  }
}

TEST_CASE("a memory with more slots has the same parameters") {
  const auto shapes = [](Extent slots) {
    std::map<std::string, Shape> found;
    const auto graph = graph_of({2, 1, 2}, {.hidden = 4}, {.slots = slots, .width = 3}, Mode::kEvaluate);
    for (const int id : graph->parameters()) found.emplace(graph->node(id).path, graph->node(id).outputs[0].shape);
    return found;
  };
  CHECK(shapes(5) == shapes(50));
}

TEST_CASE("a controller of an unknown kind is refused with those that are known") {
  CHECK_THROWS_WITH_AS(graph_of({2, 1, 2}, {.kind = "lstmm"}, {}), doctest::Contains("Did you mean 'lstm'?"), Error);
}

}  // namespace fovea
