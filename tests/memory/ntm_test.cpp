#include "modules/memory/ntm/ntm.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "framework/core/error.h"
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

/// A function of parameters, run; its gradient is compared with central differences.
Reals result_of(const std::map<std::string, Given>& given,
                const std::function<Value(Builder&, const std::map<std::string, Value>&)>& function) {
  Builder b;
  std::map<std::string, Value> values;
  for (const auto& [name, one] : given) values[name] = b.parameter(name, one.shape);
  b.output("y", function(b, values));
  ModelRun run(b.freeze());
  for (const auto& [name, one] : given) run.set(name, one.values);
  CHECK(run.gradient_error({{"y", 5}}) < test::kGradientLimit);
  run.run({{"y", 5}});
  const Tensor y = run.output("y");
  return {y.real(), y.real() + y.size()};
}

Reals shifted(const Reals& weights, const Reals& shift) {
  return result_of(
      {{"w", {{1, static_cast<Extent>(weights.size())}, weights}}, {"s", {{1, static_cast<Extent>(shift.size())}, shift}}},
      [](Builder&, const auto& in) { return shift_places(in.at("w"), in.at("s")); });
}

}  // namespace

TEST_CASE("a shift moves weights ahead for its last weight and back for its first, in a circle") {
  CHECK(shifted({1, 2, 3, 4}, {0, 0, 1}) == Reals{4, 1, 2, 3});
  CHECK(shifted({1, 2, 3, 4}, {0, 1, 0}) == Reals{1, 2, 3, 4});
  CHECK(shifted({1, 2, 3, 4}, {1, 0, 0}) == Reals{2, 3, 4, 1});
  CHECK(shifted({1, 2, 3, 4, 5}, {0, 0, 0, 0, 1}) == Reals{4, 5, 1, 2, 3});
  CHECK(shifted({8, 0, 0, 0}, {0.25, 0.25, 0.5}) == Reals{2, 4, 0, 2});
  CHECK_THROWS_WITH_AS(shifted({1, 2}, {0.5, 0.5}), doctest::Contains("an odd number of shifts"), Error);
}

TEST_CASE("sharpening raises weights to a power and normalises them, and a weight of 0 stays 0") {
  const Reals sharp = result_of({{"w", {{1, 3}, {0.5, 0.25, 0.25}}}, {"p", {{1}, {2}}}},
                                [](Builder&, const auto& in) { return sharpen(in.at("w"), in.at("p")); });
  CHECK(testing::difference(sharp, {Real(2 / 3.0), Real(1 / 6.0), Real(1 / 6.0)}) < testing::kValueLimit);

  Builder b;
  b.output("y", sharpen(b.parameter("w", {1, 3}), b.parameter("p", {1})));
  ModelRun run(b.freeze());
  run.set("w", {0, 1, 0});
  run.set("p", {3});
  run.run({{"y", 5}});
  CHECK(testing::difference({run.output("y").real(), run.output("y").real() + 3}, {0, 1, 0}) < testing::kValueLimit);
  for (std::size_t i = 0; i < 3; ++i) CHECK(std::isfinite(run.gradient("w").real()[i]));
  CHECK(std::isfinite(run.gradient("p").real()[0]));
}

TEST_CASE("writing erases and adds where the weights are, reading finds it again") {
  const Given memory{{1, 2, 2}, {1, 2, 3, 4}};
  const Given weights{{1, 2}, {0, 1}};
  const Reals written =
      result_of({{"m", memory}, {"w", weights}, {"e", {{1, 2}, {1, 0.5}}}, {"a", {{1, 2}, {7, 10}}}},
                [](Builder&, const auto& in) { return ntm_write(in.at("m"), in.at("w"), in.at("e"), in.at("a")); });
  CHECK(written == Reals{1, 2, 7, 12});
  CHECK(result_of({{"m", memory}, {"w", weights}},
                  [](Builder&, const auto& in) { return ntm_read(in.at("m"), in.at("w")); }) == Reals{3, 4});
}

TEST_CASE("an open gate finds slots by content, a closed one moves on from where the head was") {
  for (const char* site : {"cosine | dense | softmax | none", "cosine | dense | top_k(2) | none"}) {
    CAPTURE(site);
    for (const Real gate : {Real(0), Real(1)}) {
      std::map<std::string, Given> given{{"memory", {{1, 4, 2}, {1, 0, 0, 1, -1, 0, Real(0.6), Real(-0.8)}}},
                                         {"previous", {{1, 4}, {Real(0.94), Real(0.02), Real(0.02), Real(0.02)}}},
                                         {"key", {{1, 2}, {Real(-0.9), Real(0.1)}}}};
      const Reals weights = result_of(given, [&](Builder& b, const auto& in) {
        NtmHead head(b, "head", 2, site);
        return head.weights(in.at("memory"), in.at("previous"),
                            {.key = in.at("key"),
                             .sharpness = b.constant("sharpness", {1}, Reals{20}),
                             .gate = b.constant("gate", {1}, Reals{gate}),
                             .shift = b.constant("shift", {1, 3}, Reals{0, 0, 1}),
                             .power = b.constant("power", {1}, Reals{2})});
      });
      const std::size_t expected = gate == 0 ? 1 : 3;  // slot 2 is like the key; both are moved ahead by one
      CHECK(weights[expected] > Real(0.99));
      CHECK(std::accumulate(weights.begin(), weights.end(), Real(0)) == doctest::Approx(1));
    }
  }
}

TEST_CASE("the controls of a head are in their ranges") {
  Builder b;
  const NtmControls controls = ntm_controls(b, "controls", b.parameter("state", {3, 6}, Init::normal(5)), 4, 1);
  b.output("key", controls.key);
  b.output("sharpness", controls.sharpness);
  b.output("gate", controls.gate);
  b.output("shift", controls.shift);
  b.output("power", controls.power);
  ModelRun run(b.freeze());
  run.run({{"key", 1}, {"sharpness", 2}, {"gate", 3}, {"shift", 4}, {"power", 5}});
  CHECK(run.output("key").shape() == Shape{3, 4});
  CHECK(run.output("shift").shape() == Shape{3, 3});
  for (std::size_t row = 0; row < 3; ++row) {
    CHECK(run.output("sharpness").real()[row] > 0);
    CHECK(run.output("power").real()[row] >= 1);
    CHECK(run.output("gate").real()[row] >= 0);
    CHECK(run.output("gate").real()[row] <= 1);
    const Real* shift = run.output("shift").real() + 3 * row;
    CHECK(shift[0] + shift[1] + shift[2] == doctest::Approx(1));
  }
  CHECK(run.gradient_error({{"key", 1}, {"sharpness", 2}, {"gate", 3}, {"shift", 4}, {"power", 5}}) < test::kGradientLimit);
}

}  // namespace fovea
