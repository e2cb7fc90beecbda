#include "framework/train/meanings.h"

#include <doctest/doctest.h>

namespace fovea {
namespace {

using enum TensorMeaning::What;

const Meanings kMeanings{
    {{"story", kToken, {"fact", "word"}, "word", 0}, {"chosen", kItem, {"hop"}, "none", -1, "memory/story:1"}},
    {{"word", {"", "apple"}}}};

Array whole(const std::string& name, int rank) {
  Array array{name, {"item"}, {1}, std::vector<std::int32_t>{}, "1", ""};
  for (int axis = 1; axis < rank; ++axis) {
    array.axes.push_back("axis" + std::to_string(axis));
    array.extents.push_back(1);
  }
  return array;
}

}  // namespace

TEST_CASE("an array is named and explained as its task says") {
  Array story = whole("story", 3);
  explain(story, find_meaning(kMeanings, "story", "story"), kMeanings, "test");
  CHECK(story.axes == std::vector<std::string>{"item", "fact", "word"});
  CHECK(story.attributes == TextPairs{{"axes", "item fact word"}, {"meaning", "token"}, {"labels", "label_word"}});
  CHECK(story.counts == std::vector<std::pair<std::string, std::int64_t>>{{"padding", 0}});
}

TEST_CASE("a list that nobody gives is not named; what an item is of, is an array of its split") {
  Array chosen = whole("chosen", 2);
  explain(chosen, find_meaning(kMeanings, "output_chosen", "chosen"), kMeanings, "N=5");
  CHECK(chosen.attributes == TextPairs{{"axes", "item hop"}, {"meaning", "item"}, {"of", "predictions/N=5/memory_story:1"}});
}

TEST_CASE("what a task says nothing of is a number, or a whole one") {
  Array array = whole("other", 2);
  explain(array, find_meaning(kMeanings, "other", "other"), kMeanings, "test");
  CHECK(array.attributes == TextPairs{{"axes", "item axis1"}, {"meaning", "index"}});
  array.values = std::vector<float>{};
  explain(array, nullptr, kMeanings, "test");
  CHECK(array.attributes.back() == std::pair<std::string, std::string>{"meaning", "number"});
}

}  // namespace fovea
