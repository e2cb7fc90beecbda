#include "modules/memory/entnet/entnet.h"

#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/error.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using test::ModelRun;
using testing::difference;
using Reals = std::vector<Real>;
using Indices = std::vector<Index>;

// In float32 the steps of the differences are so large that they would cross the kink of prelu.
constexpr Real kSlope = sizeof(Real) == 8 ? Real(0.3) : Real(1);
constexpr const char* kOneSite = "dot | dense | softmax | none";

// Two stories of three sentences of three words, and a question of two words for each.
const Indices kStories{1, 2, 3, 4, 5, 0, 6, 0, 0, 6, 5, 4, 3, 2, 1, 0, 0, 0};
const Indices kQuestions{1, 2, 5, 0};
const Indices kMask{1, 0, 1, 1, 1, 0};

struct Network {
  EntNetOptions options{.words = 7, .statement_words = 3, .question_words = 2, .width = 5, .slots = 3};
  bool has_cost = false;

  std::shared_ptr<const Graph> build(bool has_mask = true) const {
    Builder b;
    EntNet network(b, options);
    const Value story = b.input("story", {{2, 3, 3}, Kind::kIndex});
    const Value question = b.input("question", {{2, 2}, Kind::kIndex});
    const EntNet::Answer answer = network(story, question, has_mask ? b.input("mask", {{2, 3}, Kind::kIndex}) : Value());
    if (has_cost) b.output("cost", sum_all_but_first(answer.scores));
    b.output("scores", answer.scores);
    b.output("states", answer.states);
    return b.freeze();
  }
};

void feed(ModelRun& run, const Indices& story = kStories, const Indices& mask = kMask) {
  run.bind("story", story.data());
  run.bind("question", kQuestions.data());
  run.bind("mask", mask.data());
}

// Far from 0, where the norm has a kink.
void large_keys(ModelRun& run) {
  Reals keys(15);
  Rng({.seed = 3}).fill_normal(keys);
  for (Real& key : keys) key += key < 0 ? Real(-1) : Real(1);
  run.set("keys", keys);
}

Reals output(ModelRun& run, const std::string& name) {
  run.run({{"scores", 1}});
  const Tensor out = run.output(name);
  return {out.real(), out.real() + out.size()};
}

}  // namespace

TEST_CASE("an entity network has the gradients that central differences give") {
  for (const char* encoding : {"mask", "position", "bag_of_words", "gru"}) {
    for (const char* write : {"all", "bilinear | dense | softmax | none"}) {
      CAPTURE(std::string(encoding));
      CAPTURE(std::string(write));
      Network network;
      network.options.encoding = encoding;
      network.options.write = write;
      network.options.site = "bilinear | dense | softmax | none";
      ModelRun run(network.build());
      large_keys(run);
      run.set("slot/slope", {kSlope});
      run.set("answer/slope", {kSlope});
      feed(run);
      CHECK(run.gradient_error({{"scores", 3}, {"states", 4}}) < test::kGradientLimit);
    }
  }
}

TEST_CASE("an entity network uses every parameter that it declares") {
  for (const char* encoding : {"mask", "position", "bag_of_words", "gru"}) {
    Network network;
    network.has_cost = true;  // a parameter that does not reach it is refused
    network.options.encoding = encoding;
    CHECK_NOTHROW(network.build());
  }
}

TEST_CASE("keys that are words share their vectors and are as many as the words") {
  Network network;
  network.options.key_words = {2, 5};
  ModelRun run(network.build());
  feed(run);
  const Indices none(6, 0);
  run.bind("mask", none.data());
  const Reals states = output(run, "states");
  REQUIRE(states.size() == 20);
  const Real* words = run.parameter("embedding").real();
  CHECK(Reals(states.begin(), states.begin() + 5) == Reals(words + 10, words + 15));
  CHECK(Reals(states.begin() + 5, states.begin() + 10) == Reals(words + 25, words + 30));
  feed(run);
  CHECK(run.gradient_error({{"scores", 3}, {"states", 4}}) < 10 * test::kGradientLimit);
}

TEST_CASE("a site of one slot writes it as the gate alone does") {
  Network all;
  all.options.slots = 1;
  Network chosen = all;
  chosen.options.write = kOneSite;
  ModelRun fused(all.build());
  ModelRun loop(chosen.build());
  feed(fused);
  feed(loop);
  CHECK(difference(output(fused, "scores"), output(loop, "scores")) < testing::kValueLimit);
  for (const char* parameter : {"embedding", "mask_statement", "keys", "slot/state", "slot/key", "slot/sentence"}) {
    CAPTURE(std::string(parameter));
    const Tensor a = fused.gradient(parameter);
    const Tensor b = loop.gradient(parameter);
    CHECK(difference({a.real(), a.real() + a.size()}, {b.real(), b.real() + b.size()}) < 10 * testing::kValueLimit);
  }
}

TEST_CASE("a site that keeps one slot writes one slot a sentence") {
  Network network;
  network.options.write = "dot | dense | argmax | straight_through";
  ModelRun run(network.build());
  const Indices first{1, 0, 0, 0, 0, 0};
  feed(run, kStories, first);
  const Reals states = output(run, "states");
  const Real* keys = run.parameter("keys").real();
  int changed = 0;
  for (std::size_t slot = 0; slot < 3; ++slot) {
    Real squares = 0;
    for (std::size_t i = 5 * slot; i < 5 * slot + 5; ++i) squares += keys[i] * keys[i];
    Reals key(keys + 5 * slot, keys + 5 * slot + 5);
    for (Real& value : key) value /= std::sqrt(squares);
    const auto begin = states.begin() + static_cast<std::ptrdiff_t>(5 * slot);
    changed += difference({begin, begin + 5}, key) < testing::kValueLimit ? 0 : 1;
  }
  CHECK(changed == 1);  // the others have got a length of 1
  CHECK(Reals(states.begin() + 15, states.end()) == Reals(keys, keys + 15));
}

TEST_CASE("sentences that are masked change nothing, whatever their words are") {
  for (const char* write : {"all", kOneSite}) {
    CAPTURE(std::string(write));
    Network network;
    network.options.write = write;
    ModelRun run(network.build());
    feed(run);
    const Reals scores = output(run, "scores");
    Indices other = kStories;
    for (const std::size_t i : {3U, 4U, 5U, 15U, 16U, 17U}) other[i] = 6;
    feed(run, other);
    CHECK(output(run, "scores") == scores);
    const Indices whole(6, 1);
    feed(run, other, whole);
    CHECK(output(run, "scores") != scores);
  }
}

TEST_CASE("an entity network without a mask takes all sentences") {
  ModelRun masked(Network{}.build());
  ModelRun whole(Network{}.build(false));
  const Indices ones(6, 1);
  feed(masked, kStories, ones);
  whole.bind("story", kStories.data());
  whole.bind("question", kQuestions.data());
  CHECK(output(masked, "scores") == output(whole, "scores"));
}

TEST_CASE("an entity network says what it needs") {
  Network network;
  network.options.key_words = {7};
  CHECK_THROWS_WITH_AS(network.build(), doctest::Contains("key words in [1, 7) were expected; 7 came"), Error);
  network.options.question_words = 0;
  CHECK_THROWS_WITH_AS(network.build(), doctest::Contains("question_words is 0"), Error);
}

}  // namespace fovea
