#include "modules/layers/gated_sentence.h"

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

// Two stories of two sentences of three words; one sentence has one word, one has none.
const Indices kWords{1, 2, 3, 4, 0, 0, 2, 4, 0, 0, 0, 0};
const Indices kNumbers{2, 0, -1, 1};

struct Encoder {
  bool has_null = true;
  bool has_places = false;
  bool has_numbers = false;

  std::shared_ptr<const Graph> build(const Shape& words = {2, 2, 3}) const {
    Builder b;
    const GatedSentence encode(b, "gru", 4, 3);
    WordsToEncode in{.words = b.input("words", {words, Kind::kIndex}), .tables = {}, .has_null = has_null};
    for (const char* table : {"a", "c"}) in.tables.push_back(b.parameter(table, {5, 4}, Init::normal(1)));
    for (const char* places : {"at", "ct"}) {
      if (has_places) in.places.push_back(b.parameter(places, {3, 3}, Init::normal(1)));
    }
    if (has_numbers) in.numbers = b.input("numbers", {words.without(-1), Kind::kIndex});
    const std::vector<Value> sentences = encode(in);
    b.output("a", sentences[0]);
    b.output("c", sentences[1]);
    return b.freeze();
  }
};

Reals output(ModelRun& run, const std::string& name) {
  run.run({{"a", 1}, {"c", 2}});
  const Tensor out = run.output(name);
  return {out.real(), out.real() + out.size()};
}

void set_tables(ModelRun& run) {
  for (const char* name : {"a", "c", "gru/weight_ih", "gru/weight_hh", "gru/bias_ih", "gru/bias_hh"}) {
    Reals values(static_cast<std::size_t>(run.parameter(name).size()));
    Rng({.seed = 7, .stream = stream_of(name)}).fill_normal(values);
    run.set(name, values);
  }
}

Reals part(const Reals& all, std::ptrdiff_t number) { return {all.begin() + 3 * number, all.begin() + 3 * number + 3}; }

}  // namespace

TEST_CASE("a gated sentence is what a GRU says after its last word, and padding does not count") {
  ModelRun padded(Encoder{}.build());
  set_tables(padded);
  padded.bind("words", kWords.data());
  const Reals all = output(padded, "c");
  CHECK(part(all, 3) == Reals(3, 0));
  for (const auto& sentence : {std::pair<std::ptrdiff_t, Indices>{0, {1, 2, 3}}, {1, {4}}, {2, {2, 4}}}) {
    const auto number = sentence.first;
    const auto& words = sentence.second;
    CAPTURE(number);
    ModelRun alone(Encoder{.has_null = false}.build({1, 1, static_cast<Extent>(words.size())}));
    set_tables(alone);
    alone.bind("words", words.data());
    CHECK(difference(part(all, number), output(alone, "c")) < testing::kValueLimit);
  }
}

TEST_CASE("the order of words changes a gated sentence") {
  ModelRun run(Encoder{.has_null = false}.build({2, 1, 2}));
  set_tables(run);
  const Indices words{1, 2, 2, 1};
  run.bind("words", words.data());
  const Reals all = output(run, "a");
  CHECK(difference(part(all, 0), part(all, 1)) > 0.01);
}

TEST_CASE("places are added to gated sentences, by their numbers or in order") {
  for (const bool has_numbers : {false, true}) {
    ModelRun plain(Encoder{}.build());
    ModelRun placed(Encoder{.has_places = true, .has_numbers = has_numbers}.build());
    set_tables(plain);
    set_tables(placed);
    plain.bind("words", kWords.data());
    placed.bind("words", kWords.data());
    if (has_numbers) placed.bind("numbers", kNumbers.data());
    Reals expected = output(plain, "a");
    const Indices places = has_numbers ? kNumbers : Indices{0, 1, 0, 1};
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (places[i / 3] >= 0)
        expected[i] += placed.parameter("at").real()[static_cast<std::size_t>(places[i / 3]) * 3 + i % 3];
    }
    CHECK(difference(output(placed, "a"), expected) < testing::kValueLimit);
  }
}

TEST_CASE("gated sentences have the gradients that central differences give") {
  for (const bool has_null : {false, true}) {
    for (const bool has_numbers : {false, true}) {
      ModelRun run(Encoder{has_null, true, has_numbers}.build());
      run.bind("words", kWords.data());
      if (has_numbers) run.bind("numbers", kNumbers.data());
      CHECK(run.gradient_error({{"a", 3}, {"c", 4}}) < test::kGradientLimit);
    }
  }
}

TEST_CASE("an encoder that was built for two stories reads three, longer ones") {
  ModelRun longer(Encoder{.has_places = true}.build(), {{"words", {{3, 3, 3}, Kind::kIndex}}});
  ModelRun built_longer(Encoder{.has_places = true}.build({3, 3, 3}));
  Indices words;
  for (Index i = 0; i < 27; ++i) words.push_back(i % 5);
  longer.bind("words", words.data());
  built_longer.bind("words", words.data());
  CHECK(output(longer, "a") == output(built_longer, "a"));
}

TEST_CASE("what does not fit gated sentences is refused") {
  Builder b;
  const Value words = b.input("words", {{2, 3}, Kind::kIndex});
  const Value states = b.parameter("states", {3, 4, 5});
  CHECK_THROWS_WITH_AS(states_of_last_words(states, words, true), doctest::Contains("give states [L, R, H]"), Error);
  const GatedSentence encode(b, "gru", 4, 3);
  const Value table = b.parameter("table", {5, 4});
  CHECK_THROWS_WITH_AS(encode({.words = words, .tables = {table, table}, .places = {table}}),
                       doctest::Contains("2 tables and 1 of places came"), Error);
}

}  // namespace fovea
