#include "modules/routing/experts/expert_layers.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "framework/cpu/pair_product.h"
#include "framework/cpu/parallel.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using Activation = ExpertLayers::Activation;
using testing::difference;
using testing::Input;
using testing::OpRunner;
using Reals = std::vector<Real>;
using Indices = std::vector<Index>;

struct Size {
  Extent batch, rows, per_row, experts, width, hidden;
};

Indices sent_in_turn(const Size& s) {
  Indices kept(static_cast<std::size_t>(s.batch * s.rows * s.per_row));
  for (std::size_t i = 0; i < kept.size(); ++i) {
    kept[i] = static_cast<Index>((i * 7 + i / 3) % static_cast<std::size_t>(s.experts + 1)) - 1;
  }
  return kept;
}

std::vector<Input> inputs_of(const Size& s, const Indices& kept, bool has_bias = true) {
  const double small = 1 / std::sqrt(static_cast<double>(s.width));
  std::vector<Input> inputs{testing::random_input({s.batch, s.rows, s.width}, 1),
                            testing::index_input({s.batch, s.rows, s.per_row}, kept),
                            testing::random_input({s.batch, s.rows, s.per_row}, 2),
                            testing::random_input({s.experts, s.hidden, s.width}, 3, -small, small),
                            testing::random_input({s.experts, s.width, s.hidden}, 4, -small, small)};
  if (!has_bias) return inputs;
  inputs.push_back(testing::random_input({s.experts, s.hidden}, 5));
  inputs.push_back(testing::random_input({s.experts, s.width}, 6));
  return inputs;
}

OpPointer layers(Activation activation, bool has_bias = true, cpu::Products products = cpu::Products::kFull) {
  return make_expert_layers({.activation = activation, .has_bias = has_bias, .products = products});
}

// The formula, pair by pair, for relu.
Reals plain(const std::vector<Input>& in, const Size& s) {
  Reals y(in[0].reals.size(), 0);
  const auto at = [](const Input& input, Extent i) { return input.reals[i]; };
  for (Extent pair = 0; pair < s.batch * s.rows * s.per_row; ++pair) {
    const Extent expert = in[1].indices[pair];
    const Extent row = pair / s.per_row * s.width;
    for (Extent h = 0; h < s.hidden && expert >= 0; ++h) {
      const Extent unit = expert * s.hidden + h;
      Real z = at(in[5], unit);
      for (Extent d = 0; d < s.width; ++d) z += at(in[3], unit * s.width + d) * at(in[0], row + d);
      for (Extent d = 0; d < s.width; ++d) {
        const Real share = at(in[4], (expert * s.width + d) * s.hidden + h) * std::max(z, Real(0));
        y[row + d] += at(in[2], pair) * (share + (h == 0 ? at(in[6], expert * s.width + d) : 0));
      }
    }
  }
  return y;
}

// Everything that a pass gives: y and all gradients.
Reals passed(const OpPointer& op, const std::vector<Input>& inputs) {
  OpRunner runner(op, inputs);
  runner.forward();
  Reals all = runner.output();
  runner.backward(~0U, {testing::random_input(inputs[0].type.shape, 9).reals}, Real(0.5));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].type.kind == Kind::kIndex) continue;
    const Reals gradient = runner.gradient(i);
    all.insert(all.end(), gradient.begin(), gradient.end());
  }
  return all;
}

}  // namespace

TEST_CASE("experts of one unit give what a reader can compute") {
  // relu(2 * 3 + 1) * 5 + 4 = 39 from expert 1, by its weight 0.5; no row chose expert 0, -1 adds nothing.
  const std::vector<Input> in{testing::real_input({1, 1}, {3}),       testing::index_input({1, 2}, {1, -1}),
                              testing::real_input({1, 2}, {0.5, 7}),  testing::real_input({2, 1, 1}, {9, 2}),
                              testing::real_input({2, 1, 1}, {9, 5}), testing::real_input({2, 1}, {9, 1}),
                              testing::real_input({2, 1}, {9, 4})};
  OpRunner runner(layers(Activation::kRelu), in);
  runner.forward();
  CHECK(runner.output() == Reals{19.5});
  runner.backward(~0U, {{2}}, std::numeric_limits<Real>::quiet_NaN());
  CHECK(runner.gradient(0) == Reals{10});
  CHECK(runner.gradient(2) == Reals{78, 0});
  CHECK(runner.gradient(3) == Reals{0, 15});
  CHECK(runner.gradient(4) == Reals{0, 7});
  CHECK(runner.gradient(5) == Reals{0, 5});
  CHECK(runner.gradient(6) == Reals{0, 1});
}

TEST_CASE("layers of experts have the gradients that central differences give") {
  const Size size{2, 5, 2, 3, 5, 6};
  for (const Activation activation : {Activation::kGelu, Activation::kSilu, Activation::kTanh}) {
    for (const bool has_bias : {true, false}) {
      const auto in = inputs_of(size, sent_in_turn(size), has_bias);
      CHECK(testing::gradient_error(layers(activation, has_bias), in) < testing::kGradientLimit);
    }
  }
  auto far_from_kinks = inputs_of(size, sent_in_turn(size));  // |W1 x| stays below the square root of the width
  for (std::size_t i = 0; i < far_from_kinks[5].reals.size(); ++i)
    far_from_kinks[5].reals[i] = i % 3 == 0 ? Real(-3) : Real(3);
  CHECK(testing::gradient_error(layers(Activation::kRelu), far_from_kinks) < testing::kGradientLimit);
  // Whole panels and parts of one, an expert without rows, all rows to one expert, and none at all.
  const Size wide{1, 3, 2, 3, 35, 67};
  for (const Indices& kept : {Indices{0, 2, 0, -1, 2, 0}, Indices(6, 1), Indices(6, -1)}) {
    CHECK(testing::gradient_error(layers(Activation::kTanh), inputs_of(wide, kept)) < testing::kGradientLimit);
  }
  const Size deep{1, 2, 2, 2, 5, 300};  // the gradient of x is added up over blocks of hidden units
  CHECK(testing::gradient_error(layers(Activation::kTanh), inputs_of(deep, {0, 1, 1, -1})) < testing::kGradientLimit);
}

TEST_CASE("experts with many chunks of rows agree with the formula") {
  for (const Size& size : {Size{2, 400, 2, 3, 19, 70}, Size{1, 900, 1, 1, 64, 33}, Size{1, 301, 3, 40, 7, 300}}) {
    for (const Indices& kept :
         {sent_in_turn(size), Indices(sent_in_turn(size).size(), static_cast<Index>(size.experts - 1))}) {
      const auto in = inputs_of(size, kept);
      OpRunner runner(layers(Activation::kRelu), in);
      runner.forward();
      CHECK(difference(runner.output(), plain(in, size)) < 16 * testing::kValueLimit);
      CHECK(runner.guards_are_whole());
    }
  }
}

// Gradients are assigned here where they can be: by the first chunk of an expert only.
TEST_CASE("gradients of experts with many chunks are the sum of those of their rows") {
  const Size size{1, 700, 2, 2, 20, 40};
  const Indices all = sent_in_turn(size);
  Reals sums;
  for (const int part : {-1, 0, 1, 2, 3, 4}) {
    Indices kept = all;
    for (std::size_t i = 0; i < kept.size() && part >= 0; ++i) kept[i] = static_cast<int>(i / 300) == part ? all[i] : -1;
    const auto in = inputs_of(size, kept);
    OpRunner runner(layers(Activation::kGelu), in);
    runner.forward();
    runner.backward(~0U, {testing::random_input(in[0].type.shape, 9).reals}, std::numeric_limits<Real>::quiet_NaN());
    Reals gradients;
    for (const std::size_t i : {0, 2, 3, 4, 5, 6}) {
      const Reals one = runner.gradient(i);
      gradients.insert(gradients.end(), one.begin(), one.end());
    }
    if (part < 0) sums = gradients;
    for (std::size_t i = 0; i < sums.size() && part >= 0; ++i) sums[i] -= gradients[i];
  }
  CHECK(difference(sums, Reals(sums.size(), 0)) < 256 * testing::kValueLimit);
}

TEST_CASE("experts give the same bits on any number of threads") {
  const Size size{2, 333, 2, 5, 48, 150};
  const auto in = inputs_of(size, sent_in_turn(size));
  for (const cpu::Products products : {cpu::Products::kFull, cpu::Products::kBf16}) {
    Reals first;
    for (const int threads : {1, 2, 3, 8}) {
      cpu::set_threads(threads);
      const Reals all = passed(layers(Activation::kRelu, true, products), in);
      if (threads == 1) first = all;
      CHECK(all == first);
    }
    cpu::set_threads(0);
  }
}

TEST_CASE("products in bfloat16 are near those in full precision") {
  for (const Size& size : {Size{1, 300, 2, 3, 20, 70}, Size{1, 9, 2, 3, 129, 33}, Size{2, 40, 1, 4, 64, 600}}) {
    for (const Activation activation : {Activation::kRelu, Activation::kGelu, Activation::kSilu, Activation::kTanh}) {
      const auto in = inputs_of(size, sent_in_turn(size));
      const Reals full = passed(layers(activation), in);
      const Reals rounded = passed(layers(activation, true, cpu::Products::kBf16), in);
      CHECK(difference(rounded, full) < 6e-2);  // units near the kink of relu change sides
      CHECK((rounded != full) == cpu::kHasPairs);
    }
  }
}

TEST_CASE("an expert that does not exist and shapes that do not fit are refused") {
  const Size size{1, 2, 2, 3, 4, 5};
  OpRunner runner(layers(Activation::kRelu), inputs_of(size, {0, 1, 3, 2}));
  CHECK_THROWS_WITH_AS(runner.forward(), doctest::Contains("3"), Error);
  auto in = inputs_of(size, {0, 1, 2, 2});
  in[3] = testing::random_input({3, 5, 5}, 1);
  CHECK_THROWS_WITH_AS(OpRunner(layers(Activation::kRelu), in), doctest::Contains("w1 [3, 5, 5]"), Error);
}

}  // namespace fovea
