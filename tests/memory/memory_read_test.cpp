#include "modules/memory/large/memory_read.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "framework/cpu/parallel.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;
using Reals = std::vector<Real>;
using Indices = std::vector<Index>;

struct Case {
  Extent batch, queries, slots, width;
  bool is_shared, is_cosine;
};

std::vector<Input> inputs_of(const Case& one) {
  const Shape keys = one.is_shared ? Shape{one.slots, one.width} : Shape{one.batch, one.slots, one.width};
  return {random_input({one.batch, one.queries, one.width}, 1), random_input(keys, 2)};
}

double score(const Case& one, const Real* query, const Real* key) {
  double dot = 0, of_query = 0, of_key = 0;
  for (Extent d = 0; d < one.width; ++d) {
    dot += static_cast<double>(query[d]) * static_cast<double>(key[d]);
    of_query += static_cast<double>(query[d]) * static_cast<double>(query[d]);
    of_key += static_cast<double>(key[d]) * static_cast<double>(key[d]);
  }
  return one.is_cosine ? dot / std::sqrt(of_query * of_key) : dot;
}

/// The best slots of every query, ascending, by sorting the scores of all.
Indices best_slots(const Case& one, const std::vector<Input>& inputs, std::size_t kept) {
  Indices all;
  for (Extent query = 0; query < one.batch * one.queries; ++query) {
    const Extent group = one.is_shared ? 0 : query / one.queries;
    const Real* keys = inputs[1].reals.data() + group * one.slots * one.width;
    std::vector<std::pair<double, Index>> scores;
    for (Extent n = 0; n < one.slots; ++n) {
      scores.emplace_back(-score(one, inputs[0].reals.data() + query * one.width, keys + n * one.width), n);
    }
    std::sort(scores.begin(), scores.end());
    Indices best;
    for (std::size_t k = 0; k < kept; ++k) best.push_back(scores[k].second);
    std::sort(best.begin(), best.end());
    all.insert(all.end(), best.begin(), best.end());
  }
  return all;
}

MemoryRead keys_alone(Extent kept, bool is_cosine = false) {
  return {.kept = kept, .is_cosine = is_cosine, .has_values = false};
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const bool is_cosine : {false, true}) {
    for (const Extent width : {3, 16, 64, 300}) {
      for (const Extent slots : {4, 37, 5000}) {
        all.push_back({2, 1, slots, width, false, is_cosine});
        all.push_back({3, 2, slots, width, true, is_cosine});
        all.push_back({3, 7, slots, width, true, is_cosine});
        all.push_back({1, 40, slots, width, true, is_cosine});
      }
    }
  }
  return all;
}

}  // namespace

TEST_CASE("a read of a memory keeps the best slots and mixes their values") {
  OpRunner runner(make_memory_read({.kept = 2}),
                  {real_input({1, 1, 2}, {1, 0}), real_input({3, 2}, {1, 5, 0, 1, Real(1 + std::log(3.0)), -9}),
                   real_input({3, 1}, {8, 100, 4})});
  runner.forward();
  CHECK(runner.guards_are_whole());
  CHECK(runner.index_output(1) == Indices{0, 2});
  CHECK(runner.index_output(2) == Indices{2});
  CHECK(difference(runner.output(0), {0.25, 0.75}) < kValueLimit);
  CHECK(difference(runner.output(3), {5}) < kValueLimit);
}

TEST_CASE("a read of a memory keeps what sorting all scores keeps, for every size") {
  for (const Case& one : cases()) {
    CAPTURE(one.slots);
    CAPTURE(one.width);
    CAPTURE(one.is_shared);
    CAPTURE(one.is_cosine);
    const std::vector<Input> inputs = inputs_of(one);
    OpRunner runner(make_memory_read(keys_alone(4, one.is_cosine)), inputs);
    runner.forward();
    CHECK(runner.guards_are_whole());
    CHECK(runner.index_output(1) == best_slots(one, inputs, 4));
  }
}

TEST_CASE("of equal slots a read keeps the lowest, also those of another tile") {
  Reals keys(2 * 7000, 0);
  for (const std::size_t n : {100U, 2047U, 2048U, 6999U}) keys[2 * n] = 1;
  for (const Extent queries : {1, 8, 20}) {
    const Reals asked(static_cast<std::size_t>(2 * queries), 1);
    OpRunner runner(make_memory_read(keys_alone(5)), {real_input({1, queries, 2}, asked), real_input({7000, 2}, keys)});
    runner.forward();
    const Indices kept = runner.index_output(1);
    CHECK(Indices(kept.begin(), kept.begin() + 5) == Indices{0, 100, 2047, 2048, 6999});
  }
}

TEST_CASE("a threshold keeps the slots that have its share of the probability of all") {
  const auto log_of = [](double p) { return static_cast<Real>(std::log(p) + 3); };
  const Reals keys{log_of(0.5), log_of(0.1), log_of(0.3), log_of(0.06), log_of(0.04)};
  for (const Extent queries : {1, 8, 20}) {
    const Reals ones(static_cast<std::size_t>(queries), 1);
    MemoryRead options = keys_alone(20);
    options.least = 0.2;
    OpRunner runner(make_memory_read(options), {real_input({1, queries, 1}, ones), real_input({5, 1}, keys)});
    runner.forward();
    CHECK(runner.index_output(2) == Indices(static_cast<std::size_t>(queries), 2));
    const Indices kept = runner.index_output(1);
    CHECK(Indices(kept.begin(), kept.begin() + 5) == Indices{0, 2, -1, -1, -1});
    CHECK(std::abs(static_cast<double>(runner.output(0)[0]) - 0.625) < 10 * kValueLimit);
    options.least = 0.9;
    OpRunner one(make_memory_read(options), {real_input({1, queries, 1}, ones), real_input({5, 1}, keys)});
    one.forward();
    CHECK(one.index_output(2) == Indices(static_cast<std::size_t>(queries), 1));
  }
}

TEST_CASE("a read of a memory has exact gradients, for every kind of score and memory") {
  if (sizeof(Real) != 8) return;  // a difference that is wide enough for float32 changes which slots are kept
  for (const bool is_cosine : {false, true}) {
    for (const bool is_shared : {false, true}) {
      std::vector<Input> inputs = inputs_of({2, 6, 20, 5, is_shared, is_cosine});
      CHECK(gradient_error(make_memory_read(keys_alone(3, is_cosine)), inputs) < kGradientLimit);
      inputs.push_back(random_input(is_shared ? Shape{20, 4} : Shape{2, 20, 4}, 3));
      inputs.push_back(random_input({2, 6}, 4, 1, 3));
      MemoryRead options{.kept = 3, .factor = 0.7, .is_cosine = is_cosine, .has_sharpness = true};
      CHECK(gradient_error(make_memory_read(options), inputs) < kGradientLimit);
      options.least = 0.08;
      CHECK(gradient_error(make_memory_read(options), inputs) < kGradientLimit);
    }
  }
}

TEST_CASE("a read of a memory has the same bits for any number of threads") {
  for (const Extent queries : {1, 9, 40}) {
    std::vector<Reals> found;
    for (const int threads : {1, 2, 3, 8}) {
      cpu::set_threads(threads);
      MemoryRead options = keys_alone(6);
      options.least = 1e-4;
      OpRunner runner(make_memory_read(options), inputs_of({2, queries, 9000, 12, true, false}));
      runner.forward();
      found.push_back(runner.output(3));
      cpu::set_threads(0);
    }
    for (const Reals& other : found) CHECK(other == found[0]);
  }
}

TEST_CASE("scores that are NaN make a read NaN") {
  const Real none = std::numeric_limits<Real>::quiet_NaN();
  OpRunner runner(make_memory_read(keys_alone(2)), {real_input({1, 1, 1}, {none}), real_input({3, 1}, {1, 2, 3})});
  runner.forward();
  CHECK(std::isnan(runner.output(3)[0]));
}

TEST_CASE("a read of a memory of another width is refused") {
  CHECK_THROWS_WITH_AS(OpRunner(make_memory_read(keys_alone(2)), {random_input({1, 1, 3}, 1), random_input({4, 2}, 1)}),
                       doctest::Contains("give queries [B, M, D]"), Error);
}

}  // namespace fovea
