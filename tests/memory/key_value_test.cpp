#include "modules/memory/stories/key_value.h"

#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "modules/memory/stories/story_windows.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using test::ModelRun;
using Reals = std::vector<Real>;
using Indices = std::vector<Index>;

// Two stories of three sentences of three words, the last one of the second empty, and a question of two words for each.
const Indices kStories{1, 2, 3, 4, 5, 0, 6, 0, 0, 6, 5, 4, 3, 2, 1, 0, 0, 0};
const Indices kQuestions{1, 2, 5, 0};

struct Network {
  KeyValueOptions options = small();

  static KeyValueOptions small() {
    KeyValueOptions options;
    options.words = 7;
    options.width = 4;
    options.places = 4;
    options.hops = 2;
    options.window = 3;
    options.time_noise = 0;
    return options;
  }

  std::shared_ptr<const Graph> build(Extent sentences = 3) const {
    Builder b;
    KeyValueMemory network(b, options);
    const Value story = b.input("story", {{2, sentences, 3}, Kind::kIndex});
    const KeyValueMemory::Answer answer = network(story, b.input("question", {{2, 2}, Kind::kIndex}));
    b.output("scores", answer.scores);
    const Attended& last = answer.hops.back();
    b.output("attention", scatter_items(last.weights, last.kept, transpose(last.scores, {0, 2, 1})));
    return b.freeze();
  }
};

void feed(ModelRun& run) {
  run.bind("story", kStories.data());
  run.bind("question", kQuestions.data());
}

Reals output(ModelRun& run, const std::string& name) {
  run.run({{"scores", 1}});
  const Tensor out = run.output(name);
  return {out.real(), out.real() + out.size()};
}

Indices index_result(const std::function<Value(Builder&)>& function) {
  Builder b;
  b.output("y", function(b));
  b.output("cost", sum_all_but_first(b.parameter("unused", {1, 1})));
  ModelRun run(b.freeze());
  run.run({{"cost", 1}});
  const Tensor y = run.output("y");
  return {y.index(), y.index() + y.size()};
}

}  // namespace

TEST_CASE("a key-value memory has the gradients that central differences give") {
  for (const char* memories : {"sentences", "windows"}) {
    for (const char* encoding : {"centred_position", "bag_of_words", "gru"}) {
      for (const bool hash : {false, true}) {
        CAPTURE(std::string(memories));
        CAPTURE(std::string(encoding));
        CAPTURE(hash);
        Network network;
        network.options.memories = memories;
        network.options.encoding = encoding;
        network.options.hash = hash;
        network.options.site = "bilinear | dense | softmax | none";
        ModelRun run(network.build());
        feed(run);
        CHECK(run.gradient_error({{"scores", 3}, {"attention", 4}}) < test::kGradientLimit);
      }
    }
  }
}

TEST_CASE("windows are the words around each word of a sentence") {
  const auto windows = [](Builder& b) {
    return story_windows(b.constant("story", {1, 2, 3}, Indices{1, 2, 3, 4, 0, 0}), 3);
  };
  CHECK(index_result([&](Builder& b) { return windows(b).windows; }) ==
        Indices{0, 1, 2, 1, 2, 3, 2, 3, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0});
  CHECK(index_result([&](Builder& b) { return windows(b).centres; }) == Indices{1, 2, 3, 4, 0, 0});
  Builder b;
  CHECK_THROWS_WITH_AS(story_windows(b.input("story", {{1, 2, 3}, Kind::kIndex}), 4), doctest::Contains("an odd number"),
                       Error);
}

TEST_CASE("a hash finds memories with a word of the question that is not common, else all that have a word") {
  const auto found = [](const Indices& question, const Indices& common) {
    return index_result([&](Builder& b) {
      return memories_with_words_of(b.constant("keys", {1, 4, 2}, Indices{1, 2, 3, 0, 2, 4, 0, 0}),
                                    b.constant("question", {1, 2}, question), b.constant("common", {5}, common));
    });
  };
  CHECK(found({2, 0}, {0, 0, 0, 0, 0}) == Indices{1, 0, 1, 0});
  CHECK(found({2, 3}, {0, 0, 1, 0, 0}) == Indices{0, 1, 0, 0});
  CHECK(found({2, 0}, {0, 0, 1, 0, 0}) == Indices{1, 1, 1, 0});
}

TEST_CASE("a hash hides what shares no word with the question, and padding is not a window") {
  Network network;
  network.options.hash = true;
  ModelRun hashed(network.build());
  feed(hashed);
  const Reals attention = output(hashed, "attention");
  // "1 2": the first sentence alone; "5": the first one of the second story.
  for (std::size_t i = 0; i < 6; ++i) CHECK((attention[i] > 0) == (i == 0 || i == 3));

  network.options.hash = false;
  network.options.memories = "windows";
  ModelRun windows(network.build());
  feed(windows);
  const Reals all = output(windows, "attention");
  REQUIRE(all.size() == 18);
  for (std::size_t i = 0; i < 18; ++i) CHECK((all[i] > 0) == (kStories[i] != 0));
}

TEST_CASE("a key-value memory that was built for three sentences reads two") {
  for (const char* memories : {"sentences", "windows"}) {
    Network network;
    network.options.memories = memories;
    ModelRun shorter(network.build(), {{"story", {{2, 2, 3}, Kind::kIndex}}});
    ModelRun built_short(network.build(2));
    feed(shorter);
    feed(built_short);
    CHECK(output(shorter, "scores") == output(built_short, "scores"));
  }
}

TEST_CASE("a key-value memory says what it needs") {
  CHECK_THROWS_WITH_AS(Network{KeyValueOptions{}}.build(), doctest::Contains("a vocabulary of at least one word"), Error);
}

}  // namespace fovea
