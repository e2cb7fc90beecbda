#include "modules/layers/encode_words.h"

#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "framework/core/rng.h"
#include "tests/support/gradient_check.h"

namespace fovea {
namespace {

using namespace fovea::testing;
using Reals = std::vector<Real>;

Input random_indices(const Shape& shape, std::uint64_t seed, Index low, Index high) {
  Rng rng({.seed = seed});
  Input input{{shape, Kind::kIndex}, {}, std::vector<Index>(static_cast<std::size_t>(shape.size()))};
  for (Index& index : input.indices) index = static_cast<Index>(rng.between(low, high));
  return input;
}

OpRunner ran(const EncodeWords& options, const std::vector<Input>& inputs) {
  OpRunner runner(make_encode_words(options), inputs);
  runner.forward();
  CHECK(runner.guards_are_whole());
  return runner;
}

struct Case {
  EncodeWords options;
  Shape words;
  Extent width = 1;

  static constexpr Extent kWords = 6;
  static constexpr Extent kPlaces = 9;

  std::vector<Input> inputs() const {
    std::vector<Input> made{random_indices(words, 1, 0, kWords - 1)};
    for (std::size_t t = 0; t < options.tables; ++t) made.push_back(random_input({kWords, width}, 2 + t));
    for (std::size_t t = 0; options.has_places && t < options.tables; ++t) {
      made.push_back(random_input({kPlaces, width}, 20 + t));
    }
    if (options.has_numbers) made.push_back(random_indices(words.without(-1), 30, -1, kPlaces - 1));
    return made;
  }

  double factor(double j, double k) const {
    const auto most_j = static_cast<double>(words.last());
    const auto most_k = static_cast<double>(width);
    if (options.encoding == SentenceEncoding::kBagOfWords) return 1;
    if (options.encoding == SentenceEncoding::kPosition) return (1 - j / most_j) - k / most_k * (1 - 2 * j / most_j);
    return 1 + 4 * (k - (most_k + 1) / 2) * (j - (most_j + 1) / 2) / (most_k * most_j);
  }

  // One element, by the formula of the docstring.
  Real expected(const std::vector<Input>& in, std::size_t table, Extent sentence, Extent k) const {
    double sum = 0;
    const Extent length = words.last();
    for (Extent j = 0; j < length; ++j) {
      const Index word = in[0].indices[sentence * length + j];
      if (options.has_null && word == 0) continue;
      sum += factor(static_cast<double>(j + 1), static_cast<double>(k + 1)) *
             static_cast<double>(in[1 + table].reals[word * width + k]);
    }
    if (!options.has_places) return static_cast<Real>(sum);
    const Extent number = options.has_numbers ? in.back().indices[sentence] : sentence % words[-2];
    if (number < 0) return static_cast<Real>(sum);
    const Reals& places = in[1 + options.tables + table].reals;
    return static_cast<Real>(sum + static_cast<double>(places[number * width + k]));
  }

  void check_values() const {
    const std::vector<Input> in = inputs();
    const OpRunner runner = ran(options, in);
    for (std::size_t t = 0; t < options.tables; ++t) {
      CHECK(runner.output_types()[t].shape == words.with(-1, width));
      Reals all;
      for (Extent i = 0; i < words.without(-1).size() * width; ++i) all.push_back(expected(in, t, i / width, i % width));
      CHECK(difference(runner.output(t), all) < kValueLimit);
    }
  }
};

// Widths and numbers of tables that fill one register in part, several blocks of registers, and everything between.
std::vector<Case> cases() {
  std::vector<Case> all;
  for (const SentenceEncoding encoding :
       {SentenceEncoding::kPosition, SentenceEncoding::kCentredPosition, SentenceEncoding::kBagOfWords}) {
    for (const bool has_null : {false, true}) {
      EncodeWords options{.tables = 1, .encoding = encoding, .has_null = has_null};
      all.push_back({options, {4}, 3});
      all.push_back({options, {2, 3, 5}, 20});
      options.has_places = true;
      options.tables = 4;
      all.push_back({options, {2, 3, 5}, 5});
      options.has_numbers = true;
      options.tables = 2;
      all.push_back({options, {3, 4}, 3});
    }
  }
  return all;
}

}  // namespace

TEST_CASE("words are added up, each with the factor of its place, and the place of the sentence on top") {
  // J = D = 2: the first word has the factors 1/2 and 1/2, the second 1/2 and 1.
  const Input words = index_input({2, 2}, {1, 2, 2, 1});
  const Input table = real_input({3, 2}, {9, 9, 1, 2, 3, 4});
  CHECK(ran({}, {words, table}).output() == Reals{2, 5, 2, 4});
  CHECK(ran({.encoding = SentenceEncoding::kCentredPosition}, {words, table}).output() == Reals{3.5, 6.5, 4.5, 5.5});
  CHECK(ran({.encoding = SentenceEncoding::kBagOfWords}, {words, table}).output() == Reals{4, 6, 4, 6});
  const Input places = real_input({3, 2}, {10, 20, 30, 40, 50, 60});
  CHECK(ran({.has_places = true}, {words, table, places}).output() == Reals{12, 25, 32, 44});
  const Input numbers = index_input({2}, {2, -1});
  CHECK(ran({.has_places = true, .has_numbers = true}, {words, table, places, numbers}).output() == Reals{52, 65, 2, 4});
}

TEST_CASE("word 0 adds nothing where it is padding, and learns nothing") {
  const EncodeWords options{.has_null = true};
  const std::vector<Input> inputs{index_input({2, 3}, {0, 1, 0, 0, 0, 0}), random_input({3, 4}, 1)};
  OpRunner runner = ran(options, inputs);
  const Reals y = runner.output();
  CHECK(Reals(y.begin() + 4, y.end()) == Reals(4, 0));
  runner.backward(2, {Reals(8, 1)}, 0);
  const Reals gradient = runner.gradient(1);
  CHECK(Reals(gradient.begin(), gradient.begin() + 4) == Reals(4, 0));
  CHECK(gradient[4] > 0);
}

TEST_CASE("several tables give what each gives alone, at any width and for many sentences") {
  for (const Case& one : cases()) one.check_values();
  for (const Extent width : {1, 16, 20, 40, 130}) {
    for (const std::size_t tables : {1U, 3U, 4U}) {
      CAPTURE(width);
      CAPTURE(tables);
      Case{{.tables = tables, .has_places = true}, {15, 5, 7}, width}.check_values();
      Case{{.tables = tables, .has_places = true, .has_numbers = true}, {15, 5, 7}, width}.check_values();
    }
  }
}

TEST_CASE("encoded words have the gradients that central differences give") {
  for (const Case& one : cases()) {
    CAPTURE(one.width);
    CAPTURE(one.options.tables);
    CHECK(gradient_error(make_encode_words(one.options), one.inputs()) < kGradientLimit);
  }
  const Case many{{.tables = 3, .has_places = true}, {8, 5, 2}, 50};  // more sentences and columns than one block has
  CHECK(gradient_error(make_encode_words(many.options), many.inputs()) < kGradientLimit);
}

TEST_CASE("a word or a place outside its table is named") {
  const Input table = random_input({3, 2}, 1);
  CHECK_THROWS_WITH_AS(ran({}, {index_input({2, 2}, {0, 1, 3, 1}), table}), doctest::Contains("3"), Error);
  CHECK_THROWS_WITH_AS(ran({}, {index_input({1, 2}, {0, -1}), table}), doctest::Contains("-1"), Error);
  const EncodeWords numbered{.has_places = true, .has_numbers = true};
  const Input words = index_input({2, 2}, {0, 1, 2, 1});
  const Input places = random_input({4, 2}, 2);
  CHECK_THROWS_WITH_AS(ran(numbered, {words, table, places, index_input({2}, {0, 4})}), doctest::Contains("4"), Error);
  CHECK_THROWS_WITH_AS(ran(numbered, {words, table, places, index_input({2}, {-2, 0})}), doctest::Contains("-2"), Error);
}

TEST_CASE("tables that do not fit are refused") {
  const auto infer = [](const EncodeWords& options, const std::vector<Type>& types) {
    make_encode_words(options)->infer(types);
  };
  const Type words{{2, 3, 4}, Kind::kIndex};
  CHECK_THROWS_WITH_AS(infer({.tables = 2}, {words, {{5, 4}}, {{5, 3}}}), doctest::Contains("differs from the"), Error);
  CHECK_THROWS_WITH_AS(infer({.has_places = true}, {words, {{5, 4}}, {{2, 4}}}), doctest::Contains("more sentences than"),
                       Error);
  CHECK_THROWS_WITH_AS(infer({.has_places = true}, {words, {{5, 4}}, {{3, 5}}}), doctest::Contains("differ in width"),
                       Error);
  const Type numbers{{2, 2}, Kind::kIndex};
  CHECK_THROWS_WITH_AS(infer({.has_places = true, .has_numbers = true}, {words, {{5, 4}}, {{3, 4}}, numbers}),
                       doctest::Contains("give [2, 3]"), Error);
}

}  // namespace fovea
