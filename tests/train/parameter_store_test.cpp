#include "framework/train/parameter_store.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/graph/functions.h"

namespace {

using fovea::Init;
using fovea::Mode;
using fovea::ParameterStore;
using fovea::Real;
using fovea::Shape;
using fovea::Type;
using fovea::Value;

/// cost = mean of linear(x); the shape of the weight is [width, 3].
std::shared_ptr<const fovea::Graph> layer(fovea::Extent width, const char* name = "weight", bool with_bias = true) {
  fovea::Builder b;
  const Value x = b.input("x", Type{{2, 3}, fovea::Kind::kReal});
  const Value bias = with_bias ? b.parameter("bias", {width}, Init::constant(0.5)) : Value{};
  const Value y = fovea::linear(x, b.parameter(name, {width, 3}), bias);
  b.output("cost", fovea::mean_all_but_first(y));
  return b.freeze();
}

std::vector<Real> values_of(ParameterStore& store, const std::string& path) {
  const fovea::Tensor view = store.view(path);
  return {view.real(), view.real() + view.size()};
}

}  // namespace

TEST_CASE("a parameter store aligns every parameter and counts without padding") {
  ParameterStore store(*layer(5));
  CHECK(store.count() == 5 + 15);
  for (const auto& entry : store.entries()) CHECK(entry.offset * sizeof(Real) % 64 == 0);
  CHECK(store.size() >= 20);
}

TEST_CASE("a parameter is drawn from its own stream, whatever else there is") {
  ParameterStore with(*layer(5));
  ParameterStore without(*layer(5, "weight", false));
  with.initialise(3);
  without.initialise(3);
  CHECK(values_of(with, "weight") == values_of(without, "weight"));
  without.initialise(4);
  CHECK(values_of(with, "weight") != values_of(without, "weight"));
  CHECK(values_of(with, "bias") == std::vector<Real>(5, Real(0.5)));
}

TEST_CASE("glorot draws fill their interval and stay inside") {
  ParameterStore store(*layer(400));
  store.initialise(1);
  const auto weights = values_of(store, "weight");
  const double half_width = std::sqrt(6.0 / 403.0);
  const auto [low, high] = std::minmax_element(weights.begin(), weights.end());
  CHECK(static_cast<double>(*high) <= half_width);
  CHECK(static_cast<double>(*high) > 0.98 * half_width);
  CHECK(static_cast<double>(*low) >= -half_width);
  CHECK(static_cast<double>(*low) < -0.98 * half_width);
}

TEST_CASE("memory points into the values and into a block of the same layout") {
  ParameterStore store(*layer(5));
  std::vector<Real> block(store.size());
  const auto memory = store.memory(block.data());
  const auto& entry = store.at("weight");
  CHECK(memory("weight").values == store.values().data() + entry.offset);
  CHECK(memory("weight").gradient == block.data() + entry.offset);
  CHECK(store.memory(nullptr)("weight").gradient == nullptr);
}

TEST_CASE("a graph with an unknown parameter or another shape is an error") {
  const ParameterStore store(*layer(5));
  CHECK_NOTHROW(store.check_covers(*layer(5, "weight", false)));
  CHECK_THROWS_AS(store.check_covers(*layer(5, "matrix")), fovea::Error);
  CHECK_THROWS_WITH_AS(store.at("weigth"), "[parameters] no 'weigth'; known: bias, weight. Did you mean 'weight'?",
                       fovea::Error);
  try {
    store.check_covers(*layer(6));
    FAIL("no error");
  } catch (const fovea::Error& error) {
    CHECK(error.fact().find("the trained parameter is [5]; the graph 'model' wants [6]") != std::string::npos);
  }
}
