#include "framework/graph/overwrite.h"

#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "framework/graph/loop.h"
#include "modules/memory/sparse/write_items.h"
#include "tests/support/model_run.h"

using namespace fovea;

namespace {

constexpr Extent kBatch = 2;
constexpr Extent kSlots = 5;
constexpr Extent kWidth = 3;
constexpr Extent kSteps = 4;

const std::map<std::string, std::uint32_t> kCotangents{{"read", 1}, {"last", 2}, {"memories", 3}};

Value written(Value memory, Value kept, Value weights, Value vectors, WriteTo to) {
  const std::vector<Value> inputs{memory, kept, weights, sigmoid(vectors), vectors};
  return innermost(inputs).add(make_write_items(to), inputs);
}

struct Parts {
  Value memory, weights, vectors, query;
};

Parts parts_of(Builder& b) {
  const Value query = b.parameter("query", {kBatch, 1, kWidth}, Init::normal(1));
  return {expand_rows(b.parameter("memory", {kSlots, kWidth}, Init::normal(1)), query),
          b.parameter("weights", {kSteps, kBatch, 1, 2}, Init::normal(0.5)),
          b.parameter("vectors", {kSteps, kBatch, 1, kWidth}, Init::normal(1)), query};
}

enum class Gradient { kYes, kNone };

/// A loop that reads the memory, writes two slots, reads again and writes one of these slots again. Where the writes have no
/// gradient, the reads still have one, and read the memory in backward.
std::shared_ptr<const Graph> looped(WriteTo to, Gradient gradient = Gradient::kYes) {
  Builder b;
  const Parts p = parts_of(b);
  const Value start = gradient == Gradient::kYes ? p.memory : detach(p.memory);
  const auto pass = [&](Value x) { return gradient == Gradient::kYes ? x : detach(x); };
  std::vector<Index> places;
  for (Index t = 0; t < kSteps * kBatch; ++t) places.insert(places.end(), {t % 4, t % 4 + 1});
  const Value kept = b.constant("kept", {kSteps, kBatch, 1, 2}, places);
  LoopBuilder loop(b, "loop");
  const Value memory = loop.carried("memory", start);
  const Value at = loop.stacked("kept", kept);
  const Value weights = pass(loop.stacked("weights", p.weights));
  const Value vectors = pass(loop.stacked("vectors", p.vectors));
  const auto read = [&](Value from) {  // [B, 1, N]; what the memory holds is read in backward, by query and by memory
    return add(matmul(p.query, from, {.transpose_b = true}), tanh(matmul(p.query, square(from), {.transpose_b = true})));
  };
  const Value before = read(memory);
  const Value once = written(memory, at, weights, vectors, to);
  const Value between = read(once);
  const Value twice = written(once, at, weights, tanh(vectors), to);
  loop.next(memory, twice);
  const Value reads = loop.stack("read", concat({before, between}, 2));
  const Value last = loop.last("last", twice);
  const Value all = loop.stack("memories", twice);
  loop.finish();
  b.output("read", reads);
  b.output("last", gradient == Gradient::kYes ? last : matmul(p.query, last, {.transpose_b = true}));
  b.output("memories",
           gradient == Gradient::kYes ? all : matmul(unsqueeze(p.query, 0), unsqueeze(last, 0), {.transpose_b = true}));
  return b.freeze();
}

void expect_equal(const std::shared_ptr<const Graph>& copied, const std::shared_ptr<const Graph>& placed) {
  test::ModelRun a(copied);
  test::ModelRun b(placed);
  for (int pass = 0; pass < 2; ++pass) {
    for (test::ModelRun* run : {&a, &b}) run->run(kCotangents);
    for (const char* name : {"read", "last", "memories"}) CHECK(test::equal_bits(a.output(name), b.output(name)));
    for (const char* name : {"memory", "weights", "vectors", "query"}) {
      CAPTURE(name);
      CHECK(test::equal_bits(a.gradient(name), b.gradient(name)));
    }
  }
}

}  // namespace

TEST_CASE("a loop that overwrites its memory gives the bits of one that copies it, in values and in gradients") {
  expect_equal(looped(WriteTo::kCopy), looped(WriteTo::kPlace));
}

TEST_CASE("memory that no gradient passes is restored for earlier readers") {
  expect_equal(looped(WriteTo::kCopy, Gradient::kNone), looped(WriteTo::kPlace, Gradient::kNone));
}

TEST_CASE("a loop that overwrites its memory has the gradient of central differences") {
  test::ModelRun run(looped(WriteTo::kPlace));
  CHECK(run.gradient_error(kCotangents) < test::kGradientLimit);
}

TEST_CASE("outside loops an overwritten value shares memory and gradient with what overwrites it") {
  const auto graph = [](WriteTo to) {
    Builder b;
    const Parts p = parts_of(b);
    const Value kept = b.constant("kept", {kBatch, 1, 2}, std::vector<Index>{0, 1, 4, 2});
    const auto step = [](Value x) { return squeeze(slice(x, 0, 0, 1), 0); };
    const Value before = matmul(p.query, square(p.memory), {.transpose_b = true});
    const Value once = written(p.memory, kept, step(p.weights), step(p.vectors), to);
    const Value between = matmul(p.query, square(once), {.transpose_b = true});
    const Value twice = written(once, kept, step(p.weights), p.query, to);
    b.output("read", concat({before, between}, 2));
    b.output("last", scale(twice, 1));
    b.output("memories", square(twice));
    return b.freeze();
  };
  expect_equal(graph(WriteTo::kCopy), graph(WriteTo::kPlace));
}

TEST_CASE("a loop that overwrites takes no memory for each step") {
  const auto bytes = [](Extent steps, WriteTo to) {
    Builder b;
    const Value start = expand_rows(b.parameter("memory", {1000, 16}, Init::zero()), b.parameter("like", {1}, Init::zero()));
    const Value vectors = b.parameter("vectors", {steps, 1, 1, 16}, Init::normal(1));
    LoopBuilder loop(b, "loop");
    const Value memory = loop.carried("memory", start);
    const Value vector = loop.stacked("vector", vectors);
    const Value kept = loop.body().constant("kept", {1, 1, 1}, std::vector<Index>{3});
    loop.next(memory, written(memory, kept, slice(vector, 2, 0, 1), vector, to));
    const Value last = loop.final("last", memory);
    loop.finish();
    b.output("last", last);
    return Plan::compile(b.freeze(), {}, Plan::Passes::kBackward)->arena_bytes();
  };
  constexpr std::size_t kMemory = 1000 * 16 * sizeof(Real);
  CHECK(bytes(50, WriteTo::kPlace) - bytes(10, WriteTo::kPlace) < kMemory);
  CHECK(bytes(50, WriteTo::kCopy) - bytes(10, WriteTo::kCopy) >= 40 * kMemory);
}

TEST_CASE("a value that is read after it was overwritten, or that is not a value of the model itself, is refused") {
  Builder b;
  const Parts p = parts_of(b);
  const Value kept = b.constant("kept", {kBatch, 1, 2}, std::vector<Index>{0, 1, 4, 2});
  const Value weights = squeeze(slice(p.weights, 0, 0, 1), 0);
  const Value after = written(p.memory, kept, weights, p.query, WriteTo::kPlace);
  b.output("last", add(after, p.memory));
  CHECK_THROWS_WITH_AS(b.freeze(), doctest::Contains("is overwritten by 'write_items' before it is read here"), Error);

  Builder told;
  const Parts q = parts_of(told);
  const Value places = told.constant("kept", {kBatch, 1, 2}, std::vector<Index>{0, 1, 4, 2});
  told.output("old", q.memory);
  told.output("new", written(q.memory, places, squeeze(slice(q.weights, 0, 0, 1), 0), q.query, WriteTo::kPlace));
  CHECK_THROWS_WITH_AS(told.freeze(), doctest::Contains("and is the output 'old'"), Error);

  Builder behind;
  const Parts r = parts_of(behind);
  const Value slots = behind.constant("kept", {kBatch, 1, 2}, std::vector<Index>{0, 1, 4, 2});
  behind.output("new", written(r.memory, slots, squeeze(slice(r.weights, 0, 0, 1), 0), r.query, WriteTo::kPlace));
  CHECK_THROWS_WITH_AS(behind.freeze(), doctest::Contains("the output 'new' has overwritten another value"), Error);

  Builder own;
  const Value parameter = own.parameter("memory", {1, 2, 1});
  const Value none = own.constant("kept", {1, 1, 1}, std::vector<Index>{-1});
  const Value one = own.parameter("one", {1, 1, 1});
  own.output("new", written(parameter, none, one, one, WriteTo::kPlace));
  CHECK_THROWS_WITH_AS(own.freeze(), doctest::Contains("'memory' is not"), Error);
}

TEST_CASE("a loop that overwrites a value that it does not carry on is refused") {
  for (const bool is_shared : {false, true}) {
    Builder b;
    const Parts p = parts_of(b);
    const Value kept = b.constant("kept", {kBatch, 1, 2}, std::vector<Index>{0, 1, 4, 2});
    LoopBuilder loop(b, "loop");
    const Value memory = loop.carried("memory", p.memory);
    const Value other = is_shared ? loop.shared(scale(p.memory, 2)) : memory;
    const Value weights = loop.stacked("weights", p.weights);
    const Value next = written(other, kept, weights, p.query, WriteTo::kPlace);
    loop.next(memory, scale(next, 2));
    const Value last = loop.final("last", memory);
    loop.finish();
    b.output("last", last);
    CHECK_THROWS_WITH_AS(b.freeze(), doctest::Contains(is_shared ? "is shared or stacked" : "what has overwritten it"),
                         Error);
  }
}
