#include "modules/memory/entnet/entity_memory.h"

#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/error.h"
#include "modules/memory/entnet/mask_words.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;
using Reals = std::vector<Real>;
using Indices = std::vector<Index>;

struct Story {
  Extent rows = 1;
  Extent steps = 1;
  Extent slots = 1;
  Extent width = 1;
  Indices mask{};

  std::vector<Input> inputs(double slope = 0.3) const {
    const Shape sentences{rows, steps, width};
    const Shape state{slots, width};
    return {random_input(sentences, 1),
            random_input(sentences, 2),
            index_input({rows, steps}, mask),
            random_input(state, 3, 1, 2),
            random_input(state, 4),
            random_input(state, 5),
            random_input({width, width}, 6, -0.3, 0.3),
            real_input({1}, {static_cast<Real>(slope)})};
  }
};

// The formulas of the docstring, one slot at a time.
Reals expected(const Story& story, const std::vector<Input>& in) {
  Reals states;
  const auto d = static_cast<std::size_t>(story.width);
  for (Extent b = 0; b < story.rows; ++b) {
    for (Extent n = 0; n < story.slots; ++n) {
      const auto slot = static_cast<std::size_t>(n) * d;
      std::vector<double> h(in[3].reals.begin() + n * story.width, in[3].reals.begin() + (n + 1) * story.width);
      for (Extent t = 0; t < story.steps; ++t) {
        const auto number = static_cast<std::size_t>(b * story.steps + t);
        if (in[2].indices[number] == 0) continue;
        std::vector<double> raw(d);
        double score = 0;
        double squares = 0;
        for (std::size_t i = 0; i < d; ++i)
          score += double(in[0].reals[number * d + i]) * (h[i] + double(in[4].reals[slot + i]));
        for (std::size_t i = 0; i < d; ++i) {
          double inner = double(in[5].reals[slot + i]) + double(in[1].reals[number * d + i]);
          for (std::size_t j = 0; j < d; ++j) inner += double(in[6].reals[i * d + j]) * h[j];
          raw[i] = h[i] + (inner > 0 ? inner : double(in[7].reals[0]) * inner) / (1 + std::exp(-score));
          squares += raw[i] * raw[i];
        }
        for (std::size_t i = 0; i < d; ++i) h[i] = raw[i] / std::sqrt(squares);
      }
      for (const double value : h) states.push_back(static_cast<Real>(value));
    }
  }
  return states;
}

Reals ran(const std::vector<Input>& inputs) {
  OpRunner runner(make_entity_memory(), inputs);
  runner.forward();
  CHECK(runner.guards_are_whole());
  return runner.output();
}

std::vector<Story> stories() {
  Indices many;
  for (Index i = 0; i < 19 * 3; ++i) many.push_back(i * i % 7 < 3 ? 1 : 0);
  return {{1, 1, 1, 1, {1}},
          {2, 3, 2, 3, {1, 1, 0, 1, 1, 1}},
          {3, 2, 2, 17, {0, 0, 0, 1, 1, 1}},  // a row without a sentence, and one whose first is not allowed
          {19, 3, 2, 5, many}};               // more rows than one tile has
}

}  // namespace

TEST_CASE("a slot is written by its gate and keeps a length of 1") {
  // s = (0, 0): the gate is 1/2. inner = U h + key term = (4, -3); prelu with slope 1/3: (4, -1).
  const std::vector<Input> in{real_input({1, 1, 2}, {0, 0}),     real_input({1, 1, 2}, {1, 0}), index_input({1, 1}, {1}),
                              real_input({1, 2}, {1, 0}),        real_input({1, 2}, {5, 5}),    real_input({1, 2}, {1, -2}),
                              real_input({2, 2}, {2, 0, -1, 0}), real_input({1}, {Real(1) / 3})};
  const auto norm = static_cast<Real>(std::sqrt(9.25));  // of (1, 0) + (2, -1/2)
  CHECK(difference(ran(in), {3 / norm, Real(-0.5) / norm}) < kValueLimit);
}

TEST_CASE("an entity memory gives what its formulas give, whatever sentences are allowed") {
  for (const Story& story : stories()) {
    CAPTURE(story.width);
    CHECK(difference(ran(story.inputs()), expected(story, story.inputs())) < kValueLimit);
  }
}

TEST_CASE("sentences that are not allowed leave the states as they are, to the bit") {
  Story story{2, 3, 2, 4, {1, 0, 1, 0, 0, 0}};
  std::vector<Input> in = story.inputs();
  const Reals states = ran(in);
  for (std::size_t i = 4; i < 8; ++i) in[0].reals[i] = in[1].reals[i] = 100;
  CHECK(ran(in) == states);
  CHECK(Reals(states.begin() + 8, states.end()) == in[EntityMemoryInputs::kInitial].reals);
}

TEST_CASE("an entity memory has the gradients that central differences give") {
  // In float32 the steps of the differences are so large that they would cross the kink of prelu.
  const double slope = sizeof(Real) == 8 ? 0.3 : 1;
  for (const Story& story : stories()) {
    CAPTURE(story.width);
    CHECK(gradient_error(make_entity_memory(), story.inputs(slope)) < kGradientLimit);
  }
  CHECK(gradient_error(make_entity_memory(), stories()[1].inputs(1)) < kGradientLimit);
}

TEST_CASE("what an entity memory does not take is named") {
  std::vector<Type> types;
  for (const Input& input : stories()[1].inputs()) types.push_back(input.type);
  types[EntityMemoryInputs::kMask] = {{2, 4}, Kind::kIndex};
  CHECK_THROWS_WITH_AS(make_entity_memory()->infer(types), doctest::Contains("mask [2, 4]"), Error);
  types[EntityMemoryInputs::kInitial] = {{2}};
  CHECK_THROWS_WITH_AS(make_entity_memory()->infer(types), doctest::Contains("initial [N, D]"), Error);
}

TEST_CASE("words are multiplied by the masks of their places and added up, and word 0 is padding") {
  const std::vector<Input> in{index_input({2, 2}, {1, 2, 2, 0}), real_input({3, 2}, {9, 9, 1, 2, 3, 4}),
                              real_input({3, 2}, {10, 1, 1, 10, 7, 7})};
  OpRunner runner(make_mask_words(), in);
  runner.forward();
  CHECK(runner.output() == Reals{13, 42, 30, 4});
  runner.backward(2, {Reals{1, 1, 1, 1}}, 0);
  CHECK(runner.gradient(1) == Reals{0, 0, 10, 1, 11, 11});
  const Input words = index_input({2, 2, 2}, {1, 2, 2, 0, 0, 0, 3, 1});
  CHECK(gradient_error(make_mask_words(), {words, random_input({4, 19}, 1), random_input({2, 19}, 2)}) < kGradientLimit);
}

TEST_CASE("masked words that do not fit are refused") {
  const Type words{{2, 3}, Kind::kIndex};
  const auto infer = [&](const Type& table, const Type& masks) {
    make_mask_words()->infer(std::vector{words, table, masks});
  };
  CHECK_THROWS_WITH_AS(infer({{5, 4}}, {{2, 4}}), doctest::Contains("more words than masks [2, 4]"), Error);
  CHECK_THROWS_WITH_AS(infer({{5, 4}}, {{3, 5}}),
                       doctest::Contains("give words Index [..., J], table [V, D] and masks [L, D]"), Error);
  const std::vector<Input> in{index_input({1, 1}, {3}), random_input({3, 2}, 1), random_input({1, 2}, 2)};
  CHECK_THROWS_WITH_AS(OpRunner(make_mask_words(), in).forward(), doctest::Contains("3"), Error);
}

}  // namespace fovea
