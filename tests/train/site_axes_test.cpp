#include "framework/train/site_axes.h"

#include <doctest/doctest.h>

#include "framework/attention/attend.h"
#include "framework/graph/functions.h"
#include "framework/graph/loop.h"

namespace fovea {
namespace {

using What = TensorMeaning::What;

const InputTypes kTypes{{"facts", {{2, 7, 5}, Kind::kReal}},
                        {"more", {{2, 7, 5}, Kind::kReal}},
                        {"there", {{2, 7}, Kind::kIndex}},
                        {"question", {{2, 5}, Kind::kReal}},
                        {"words", {{2, 5, 5}, Kind::kReal}}};

std::map<std::string, SiteAxes> axes_of(const Model& model, const Meanings& meanings = {}) {
  Builder builder("model", Mode::kEvaluate);
  model(builder, kTypes);
  return axes_of_sites(*builder.freeze(), kTypes, meanings);
}

std::string text(const AxisSource& source) {
  return source.name + (source.axis > 0 ? ":" + std::to_string(source.axis) : "") + (source.is_output ? " out" : "");
}

}  // namespace

TEST_CASE("one query chooses among facts: the input of the facts and that of the query") {
  const auto axes = axes_of([](Builder& b, const InputTypes& types) {
    const Value facts = b.input("facts", types.at("facts"));
    const Value there = b.input("there", types.at("there"));
    const Value question = b.input("question", types.at("question"));
    const auto scope = b.scope("site");
    Site site(b, "dot | dense | softmax | none", 5, 5);
    b.output("read", site.attend({unsqueeze(question, 1), site.prepare_keys(facts), facts, there}).read);
  });
  CHECK(text(axes.at("site").items) == "facts:1");
  CHECK(text(axes.at("site").queries) == "question");
}

TEST_CASE("queries and items of equal extents are told apart by what they are made of") {
  // 5 words among 5 words, with a width of 5.
  const auto axes = axes_of([](Builder& b, const InputTypes& types) {
    const Value words = b.input("words", types.at("words"));
    const Value facts = b.input("facts", types.at("facts"));
    const auto scope = b.scope("site");
    Site site(b, "dot | dense | argmax | straight_through", 5, 5);
    b.output("read", site.attend({words, site.prepare_keys(facts), facts, {}}).read);
  });
  CHECK(text(axes.at("site").items) == "facts:1");
  CHECK(text(axes.at("site").queries) == "words:1");
}

TEST_CASE("heads in tiles attend to the sequence that they come from") {
  const auto axes = axes_of([](Builder& b, const InputTypes& types) {
    const Value words = b.input("words", types.at("words"));
    for (const char* name : {"place", "best"}) {
      const auto scope = b.scope(name);
      const std::string pattern = std::string(name) == "place" ? "causal" : "content_top_k(2)";
      Site site(b, "dot | " + pattern + " | softmax | none", 5, 5);
      b.output(name, site.attend_heads({.queries = words, .items = words, .values = words}).read);
    }
  });
  for (const char* name : {"place", "best"}) {
    CAPTURE(name);
    CHECK(text(axes.at(name).items) == "words:1");
    CHECK(text(axes.at(name).queries) == "words:1");
  }
}

TEST_CASE("slots that no input has are known by nobody") {
  const auto axes = axes_of([](Builder& b, const InputTypes& types) {
    const Value question = b.input("question", types.at("question"));
    const Value slots = expand_rows(b.parameter("slots", {7, 5}), question);
    const auto scope = b.scope("site");
    Site site(b, "dot | dense | softmax | none", 5, 5);
    b.output("read", site.attend({unsqueeze(question, 1), site.prepare_keys(slots), slots, {}}).read);
  });
  CHECK(text(axes.at("site").items).empty());
  CHECK(text(axes.at("site").queries) == "question");
}

TEST_CASE("what a loop asks step by step belongs to its output, with inputs for each step to these") {
  const auto model = [](bool is_fed) {
    return [is_fed](Builder& b, const InputTypes& types) {
      const Value facts = b.input("facts", types.at("facts"));
      const Value words = b.input("words", types.at("words"));
      Site site(b, "dot | dense | argmax | straight_through", 5, 5);
      const Value keys = site.prepare_keys(facts);
      LoopBuilder loop(b, "loop");
      if (!is_fed) loop.steps_like(words, 1);
      const Value state = loop.carried("state", sum(facts, 1));
      const Value query = is_fed ? add(state, loop.stacked("word", transpose(words, {1, 0, 2}))) : state;
      const Attended attended = site.attend({unsqueeze(query, 1), keys, facts, {}});
      loop.next(state, squeeze(attended.read, 1));
      const Value chosen = loop.stack("chosen", squeeze(squeeze(attended.kept, 2), 1));
      loop.finish();
      b.output("chosen", transpose(chosen, {1, 0}));
      b.output("facts_read", facts);
    };
  };
  for (const bool is_fed : {false, true}) {
    CAPTURE(is_fed);
    const auto axes = axes_of(model(is_fed));
    REQUIRE(axes.size() == 1);
    CHECK(text(axes.begin()->second.items) == "facts:1");
    CHECK(text(axes.begin()->second.queries) == (is_fed ? "words:1" : "chosen:1 out"));
  }
}

TEST_CASE("a mask is not what is masked, though both go into the items") {
  const auto model = [](Builder& b, const InputTypes& types) {
    const Value facts = b.input("facts", types.at("facts"));
    const Value keys = multiply(facts, b.input("more", types.at("facts")));
    const Value words = b.input("words", types.at("words"));
    const auto scope = b.scope("site");
    Site site(b, "dot | dense | softmax | none", 5, 5);
    b.output("read", site.attend({words, site.prepare_keys(keys), keys, {}}).read);
  };
  CHECK(text(axes_of(model).at("site").items) == "facts:1");
  CHECK(text(axes_of(model, {{{"facts", What::kMask}}, {}}).at("site").items) == "more:1");
}

}  // namespace fovea
