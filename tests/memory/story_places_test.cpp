#include "modules/memory/stories/story_places.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "framework/core/error.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using Indices = std::vector<Index>;

struct Places {
  StoryTime options;
  OpContext context{};

  // `words` has one word a sentence.
  Indices of(const Indices& words, Extent rows = 1) const {
    const Extent sentences = static_cast<Extent>(words.size()) / rows;
    Builder b;
    const Value story = b.input("story", {{rows, sentences, 1}, Kind::kIndex});
    b.output("places", story_places(story, options));
    test::ModelRun run(b.freeze());
    run.context = context;
    run.bind("story", words.data());
    run.run({});
    const Tensor places = run.output("places");
    return {places.index(), places.index() + places.size()};
  }
};

constexpr auto kAges = StoryTime::Count::kAges;

}  // namespace

TEST_CASE("a sentence has the place of its slot, or its age") {
  CHECK(Places{{.places = 5}}.of({3, 1, 2}) == Indices{0, 1, 2});
  CHECK(Places{{.count = kAges, .places = 5}}.of({3, 1, 2}) == Indices{2, 1, 0});
}

TEST_CASE("an empty sentence has no place, and does not make others older") {
  const Indices words{4, 0, 5, 0, 0, 0, 0, 0, 1, 1};
  CHECK(Places{{.places = 5, .has_null = true}}.of(words, 2) == Indices{0, -1, 2, -1, -1, -1, -1, -1, 3, 4});
  CHECK(Places{{.count = kAges, .places = 5, .has_null = true}}.of(words, 2) == Indices{1, -1, 0, -1, -1, -1, -1, -1, 1, 0});
  CHECK(Places{{.places = 5}}.of({0, 0}) == Indices{0, 1});
}

TEST_CASE("every arrangement of sentences and empty memories is equally likely, in either count") {
  // Two sentences and e = 0, 1 or 2 empty memories: 1, 3 and 6 arrangements.
  std::map<std::pair<Index, Index>, double> expected;
  for (Index e = 0; e <= 2; ++e) {
    const double arrangements = e == 0 ? 1 : e == 1 ? 3 : 6;
    for (Index first = 0; first < 2 + e; ++first) {
      for (Index second = first + 1; second < 2 + e; ++second) expected[{first, second}] += 1 / (3 * arrangements);
    }
  }
  constexpr Extent kRows = 20000;
  for (const StoryTime::Count count : {StoryTime::Count::kSlots, kAges}) {
    const Indices places =
        Places{{.count = count, .places = 9, .noise = 1}}.of(Indices(static_cast<std::size_t>(2 * kRows), 1), kRows);
    std::map<std::pair<Index, Index>, double> found;
    for (std::size_t row = 0; row < places.size(); row += 2) {
      const bool is_age = count == kAges;
      found[{places[row + (is_age ? 1 : 0)], places[row + (is_age ? 0 : 1)]}] += 1.0 / kRows;
    }
    CHECK(found.size() == expected.size());
    for (const auto& one : expected) {
      const auto& pair = one.first;
      const double share = one.second;
      CAPTURE(pair.first);
      CAPTURE(pair.second);
      CHECK(std::abs(found[pair] - share) < 4 * std::sqrt(share * (1 - share) / kRows));
    }
  }
}

TEST_CASE("noise leaves evaluation alone, rounds its maximum up, and stops at the last place") {
  Places places{{.places = 4, .noise = 0.1}};
  places.context.mode = Mode::kEvaluate;
  const Indices words(4, 1);
  CHECK(places.of(words) == Indices{0, 1, 2, 3});
  places.context.mode = Mode::kTrain;
  std::map<Index, int> first;
  for (std::uint32_t step = 0; step < 200; ++step) {
    places.context.step = step;
    const Indices moved = places.of(words);
    first[moved.front()] += 1;
    CHECK(moved.back() == 3);  // it would be 4 after an empty memory
    for (std::size_t i = 1; i < moved.size(); ++i) CHECK(moved[i] >= moved[i - 1]);
  }
  CHECK(first.size() == 2);
}

TEST_CASE("noise depends on the row of the batch and on the step alone") {
  Places places{{.places = 40, .noise = 1}};
  const Indices both = places.of(Indices(20, 1), 2);
  CHECK(places.of(Indices(10, 1)) == Indices(both.begin(), both.begin() + 10));
  places.context.first_row = 1;
  CHECK(places.of(Indices(10, 1)) == Indices(both.begin() + 10, both.end()));
  places.context.step = 1;
  CHECK(places.of(Indices(10, 1)) != Indices(both.begin() + 10, both.end()));
}

TEST_CASE("places say what they need") {
  CHECK_THROWS_WITH_AS(Places{{.places = 2}}.of({1, 1, 1}), doctest::Contains("does not fit 2 places"), Error);
  CHECK_THROWS_WITH_AS((Places{{.places = 2, .noise = 1.5}}.of({1})), doctest::Contains("in [0, 1] was expected"), Error);
}

}  // namespace fovea
