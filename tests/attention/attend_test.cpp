#include <doctest/doctest.h>

#include "framework/attention/site/site.h"
#include "framework/graph/functions.h"
#include "framework/graph/loop.h"
#include "framework/graph/plan.h"
#include "tests/conformance/chosen.h"

namespace fovea {
namespace {

using conformance::normals;
using conformance::rng_of;
using Reals = std::vector<Real>;

constexpr Extent kSteps = 3;

/// Queries [T, B, 1, D] that attend step by step in a loop, or all at once; the same keys and values for all.
std::shared_ptr<const Graph> build(const std::string& text, bool in_loop, Mode mode = Mode::kTrain) {
  Builder builder("model", mode);
  const Value queries = builder.input("queries", {{kSteps, 2, 1, 4}, Kind::kReal});
  const Value items = builder.input("items", {{2, 5, 4}, Kind::kReal});
  const auto scope = builder.scope("glimpse");
  Site site(builder, text, 4, 4);
  const Value keys = site.prepare_keys(items);
  if (in_loop) {
    LoopBuilder loop(builder, "steps");
    const Value query = loop.stacked("query", queries);
    const Value count = loop.carried("count", builder.constant("zero", {2}, Reals{0, 0}));
    loop.next(count, add_scalar(count, 1));
    const Value reads = loop.stack("reads", site.attend({query, keys, items, {}}).read);
    loop.finish();
    builder.output("reads", reads);
  } else {
    const Value all = reshape(transpose(queries, {1, 0, 2, 3}), {2, kSteps, 4});
    const Value reads = reshape(transpose(site.attend({all, keys, items, {}}).read, {1, 0, 2}), {kSteps, 2, 1, 4});
    builder.output("reads", reads);
  }
  return builder.freeze();
}

struct Result {
  Reals reads;
  std::map<std::string, Reals> gradients;
};

Result run(const std::string& text, bool in_loop) {
  const auto graph = build(text, in_loop);
  std::map<std::string, Reals> values{{"queries", normals(24, rng_of(1))}, {"items", normals(40, rng_of(2))}};
  Result result;
  for (const int id : graph->parameters()) {
    const std::string& path = graph->node(id).path;
    values[path] = normals(static_cast<std::size_t>(graph->node(id).outputs[0].shape.size()), rng_of(stream_of(path)));
  }
  for (const auto& [name, from] : values) result.gradients[name].resize(from.size());
  Execution execution(Plan::compile(graph, {}, Plan::Passes::kBackward, {"queries", "items"}), [&](const std::string& path) {
    return ParameterMemory{values.at(path).data(), result.gradients.at(path).data()};
  });
  for (const char* name : {"queries", "items"}) execution.want_input_gradient(name, result.gradients[name].data());
  for (const char* name : {"queries", "items"}) execution.bind(name, values[name].data());
  execution.forward({});
  result.reads.assign(execution.output("reads").real(), execution.output("reads").real() + 24);
  execution.clear_output_gradients();
  const Reals cotangent = normals(24, rng_of(3));
  std::copy(cotangent.begin(), cotangent.end(), execution.output_gradient("reads").real());
  execution.backward({});
  return result;
}

void check_near(const Reals& a, const Reals& b) {
  REQUIRE(a.size() == b.size());
  const double limit = sizeof(Real) == 8 ? 1e-12 : 1e-4;
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(static_cast<double>(a[i] - b[i])) < limit);
}

}  // namespace

TEST_CASE("a site attends from inside a loop as it does at once, gradients of its parameters included") {
  for (const char* text : {"additive(width=3)", "dot(temperature=2, learn_temperature=true)", "bilinear | dense | top_k(2)",
                           "scaled_dot | dense | argmax | straight_through"}) {
    CAPTURE(text);
    const Result looped = run(text, true);
    const Result at_once = run(text, false);
    check_near(looped.reads, at_once.reads);
    for (const auto& [name, gradient] : at_once.gradients) {
      CAPTURE(name);
      check_near(looped.gradients.at(name), gradient);
    }
  }
}

TEST_CASE("a site is recorded under its path, also in a loop, and several attentions of one site are distinguished") {
  const auto looped = build("dot", true, Mode::kEvaluate);
  REQUIRE(looped->sites().size() == 1);
  CHECK(looped->sites()[0].path == "glimpse/steps/glimpse");
  CHECK(looped->sites()[0].text == "dot(temperature=1, learn_temperature=false) | dense | softmax(temperature=1) | none");

  Builder builder;
  const Value x = builder.input("x", {{2, 3, 4}, Kind::kReal});
  const auto scope = builder.scope("hop");
  Site site(builder, "dot", 4, 4);
  const Attended first = site.attend({x, x, x, {}});
  builder.output("read", site.attend({first.read, x, x, {}}).read);
  const auto graph = builder.freeze();
  REQUIRE(graph->sites().size() == 2);
  CHECK(graph->sites()[0].path == "hop");
  CHECK(graph->sites()[1].path == "hop/again_2");
}

}  // namespace fovea
