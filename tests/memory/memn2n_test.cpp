#include "modules/memory/stories/memn2n.h"

#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using test::ModelRun;
using testing::difference;
using Reals = std::vector<Real>;
using Indices = std::vector<Index>;

constexpr Extent kWords = 7;
constexpr Extent kWidth = 4;

// Two stories of five sentences of three words, and a question of two words for each.
const Indices kStories{0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 6, 5, 4, 3, 2, 1, 0, 6, 5, 4, 3, 2, 1, 0, 6};
const Indices kQuestions{1, 2, 5, 3};

struct Network {
  MemN2NOptions options;
  bool has_mask = false;

  std::shared_ptr<const Graph> build(Extent sentences = 5) const {
    Builder b;
    MemN2N network(b, options);
    const Value story = b.input("story", {{2, sentences, 3}, Kind::kIndex});
    const Value question = b.input("question", {{2, 2}, Kind::kIndex});
    const Value mask = has_mask ? b.input("mask", {{2, sentences}, Kind::kIndex}) : Value();
    const MemN2N::Answer answer = network(story, question, mask);
    b.output("scores", answer.scores);
    b.output("attention", scatter_items(answer.reads.back().weights, answer.reads.back().kept, story));
    return b.freeze();
  }
};

MemN2NOptions options_of(const std::string& tying, Extent hops) {
  MemN2NOptions options;
  options.words = kWords;
  options.width = kWidth;
  options.slots = 6;
  options.tying = tying;
  options.hops = hops;
  return options;
}

Reals reals(const Tensor& tensor) { return {tensor.real(), tensor.real() + tensor.size()}; }

void bind(ModelRun& run) {
  run.bind("story", kStories.data());
  run.bind("question", kQuestions.data());
}

Reals scores_of(ModelRun& run) {
  bind(run);
  run.run({{"scores", 1}});
  return reals(run.output("scores"));
}

Reals table(std::uint32_t seed, Extent rows) {
  Reals values(static_cast<std::size_t>(rows * kWidth));
  Rng({.seed = seed}).fill_normal(values);
  return values;
}

}  // namespace

TEST_CASE("layer-wise tying with the tables of adjacent tying and no change of state is the same network") {
  ModelRun adjacent(Network{options_of("adjacent", 1)}.build());
  ModelRun layer_wise(Network{options_of("layer_wise", 1)}.build());
  for (ModelRun* run : {&adjacent, &layer_wise}) {
    run->set("embedding_0", table(1, kWords));
    run->set("embedding_1", table(2, kWords));
    run->set("temporal_0", table(3, 6));
    run->set("temporal_1", table(4, 6));
  }
  layer_wise.set("embedding_question", table(1, kWords));
  layer_wise.set("embedding_answer", table(2, kWords));
  layer_wise.set("state", {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1});
  CHECK(difference(scores_of(adjacent), scores_of(layer_wise)) < testing::kValueLimit);
}

TEST_CASE("a memory network has the gradients that central differences give, however it ties its tables") {
  for (const char* tying : {"adjacent", "layer_wise"}) {
    for (const char* encoding : {"position", "bag_of_words", "gru"}) {
      CAPTURE(tying);
      CAPTURE(encoding);
      Network network{options_of(tying, 3)};
      network.options.encoding = encoding;
      network.options.site = "bilinear | dense | softmax | none";
      ModelRun run(network.build());
      bind(run);
      CHECK(run.gradient_error({{"scores", 3}, {"attention", 4}}) < test::kGradientLimit);
    }
  }
}

TEST_CASE("a network that was built for five sentences reads three") {
  const Network network{options_of("adjacent", 2)};
  ModelRun shorter(network.build(), {{"story", {{2, 3, 3}, Kind::kIndex}}});
  ModelRun built_short(network.build(3));
  CHECK(scores_of(shorter) == scores_of(built_short));
}

TEST_CASE("sentences that are masked are not read") {
  Network network{options_of("adjacent", 2)};
  network.has_mask = true;
  ModelRun run(network.build());
  const Indices mask{1, 1, 0, 1, 0, 1, 1, 1, 1, 1};
  run.bind("mask", mask.data());
  scores_of(run);
  const Reals attention = reals(run.output("attention"));
  for (std::size_t i = 0; i < mask.size(); ++i) CHECK((attention[i] > 0) == (mask[i] == 1));
}

TEST_CASE("a hard memory reads one sentence with each read of each hop") {
  for (const Extent reads : {1, 2}) {
    Network network{options_of("adjacent", 3)};
    network.options.reads = reads;
    network.options.site = "dot | dense | argmax | straight_through";
    ModelRun run(network.build());
    scores_of(run);
    const auto counters = run.execution().take_counters();
    REQUIRE(counters.size() == static_cast<std::size_t>(3 * reads));
    for (const auto& [site, counter] : counters) CHECK(counter.gathered_rows == 2);
  }
}

TEST_CASE("a memory network says what it needs") {
  CHECK_THROWS_WITH_AS(Network{MemN2NOptions{}}.build(), doctest::Contains("a vocabulary of at least one word"), Error);
  CHECK_THROWS_WITH_AS(Network{options_of("adjacent", 1)}.build(7), doctest::Contains("more sentences than"), Error);
  MemN2NOptions timeless = options_of("adjacent", 1);
  timeless.time = "none";
  timeless.time_noise = 0.1;
  CHECK_THROWS_WITH_AS(Network{timeless}.build(), doctest::Contains("noise in time needs time"), Error);
}

}  // namespace fovea
