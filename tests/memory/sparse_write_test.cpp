#include "modules/memory/sparse/sparse_write.h"

#include <doctest/doctest.h>

#include "framework/graph/functions.h"
#include "framework/graph/loop.h"
#include "modules/memory/ntm/ntm.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

constexpr Extent kSteps = 3;
const test::ModelRun::Cotangents kCotangents{{"memory", 1}, {"reads", 2}};

/// A loop that writes at every step and reads all of what is there before.
std::shared_ptr<const Graph> looped(const std::string& site, WriteTo to) {
  Builder b;
  const Value start = b.parameter("start", {2, 6, 4}, Init::normal(1));
  SparseWrite head(b, "write", 4, site, to);
  const Value keys = b.parameter("keys", {kSteps, 2, 4}, Init::normal(1));
  const Value added = b.parameter("added", {kSteps, 2, 4}, Init::normal(1));
  const Value gates = b.parameter("gates", {kSteps, 2}, Init::normal(1));
  LoopBuilder loop(b, "loop");
  const Value memory = loop.carried("memory", scale(start, 1));
  const Value added_now = loop.stacked("added", added);
  const Value before = sum(square(memory), 1);
  const SparseWrite::Written written = head.write(memory, {.key = loop.stacked("key", keys),
                                                           .gate = sigmoid(loop.stacked("gate", gates)),
                                                           .erase = sigmoid(added_now),
                                                           .added = added_now});
  loop.next(memory, written.memory);
  const Value reads = loop.stack("reads", before);
  const Value last = loop.final("last", memory);
  loop.finish();
  b.output("memory", last);
  b.output("reads", reads);
  return b.freeze();
}

}  // namespace

TEST_CASE("a sparse write has the gradient of central differences where its choice has one") {
  if (sizeof(Real) != 8) return;  // a difference that is wide enough for float32 changes which slots are kept
  for (const WriteTo to : {WriteTo::kCopy, WriteTo::kPlace}) {
    test::ModelRun run(looped("cosine | dense | top_k(2) | none", to));
    CHECK(run.gradient_error(kCotangents) < test::kGradientLimit);
  }
}

TEST_CASE("a sparse write in place gives the bits of one that copies, for every kind of choice") {
  for (const char* site :
       {"cosine | dense | top_k(2) | none", "cosine | dense | argmax | straight_through",
        "cosine | dense | argmax | straight_through(candidates=kept)", "dot | dense | sample | gumbel_straight_through"}) {
    CAPTURE(site);
    test::ModelRun a(looped(site, WriteTo::kCopy));
    test::ModelRun b(looped(site, WriteTo::kPlace));
    for (test::ModelRun* run : {&a, &b}) run->run(kCotangents);
    for (const char* name : {"memory", "reads"}) CHECK(test::equal_bits(a.output(name), b.output(name)));
    for (const char* name : {"start", "keys", "added", "gates"}) CHECK(test::equal_bits(a.gradient(name), b.gradient(name)));
  }
}

TEST_CASE("an estimator gets the gradient of every weight of a write: that of the dense write at the hard choice") {
  Builder b;
  SparseWrite head(b, "write", 3, "dot | dense | argmax | straight_through");
  const Value memory = b.parameter("memory", {1, 5, 3}, Init::normal(1));
  const Value key = b.parameter("key", {1, 3}, Init::normal(1));
  const Value added = b.parameter("added", {1, 3}, Init::normal(1));
  const SparseWrite::Written hard = head.write(memory, {.key = key, .erase = sigmoid(added), .added = added});
  b.output("memory", hard.memory);
  // softmax(s) + (one_hot - softmax(s)), of which the second part is constant
  const Value soft = softmax(squeeze(hard.where.scores, 1));
  const Value weights = add(soft, detach(subtract(one_hot_like(argmax(soft), soft), soft)));
  b.output("dense", ntm_write(memory, weights, sigmoid(added), added));
  test::ModelRun run(b.freeze());
  run.run({{"memory", 3}});
  const auto told = [&](const char* name) {
    const Tensor gradient = run.gradient(name);
    return std::vector<Real>{gradient.real(), gradient.real() + gradient.size()};
  };
  const std::vector<Real> of_key = told("key");
  const std::vector<Real> of_memory = told("memory");
  run.run({{"dense", 3}});
  CHECK(testing::difference(of_key, told("key")) < 10 * testing::kValueLimit);
  CHECK(testing::difference(of_memory, told("memory")) < 10 * testing::kValueLimit);
}

}  // namespace fovea
