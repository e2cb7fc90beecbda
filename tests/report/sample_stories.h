#pragma once

#include <string>
#include <vector>

#include "tests/results/sample_record.h"
#include "tests/runs/sample_runs.h"

namespace fovea::testing {

/// One query of one item and what it kept.
struct SampleChoice {
  std::int64_t item = 0;
  std::int64_t query = 0;
  std::vector<std::int32_t> kept;
  std::vector<double> weights;
  std::int32_t right = -1;
};

inline SelectionSite site_of(const std::string& path, const std::vector<SampleChoice>& choices) {
  SelectionSite site;
  site.path = path;
  site.text = "dot | dense | softmax | none";
  site.split = "test";
  for (const SampleChoice& choice : choices) {
    site.item.push_back(choice.item);
    site.query.push_back(choice.query);
    site.kept.insert(site.kept.end(), choice.kept.begin(), choice.kept.end());
    site.weights.insert(site.weights.end(), choice.weights.begin(), choice.weights.end());
    site.offsets.push_back(static_cast<std::int64_t>(site.kept.size()));
    site.log_probability.push_back(-1);
    site.entropy.push_back(0);
    site.right.push_back(choice.right);
  }
  return site;
}

inline Array index_array(const std::string& name, const std::vector<std::int64_t>& extents, std::vector<Index> values) {
  std::vector<std::string> axes{"item"};
  for (std::size_t axis = 1; axis < extents.size(); ++axis) axes.push_back("axis" + std::to_string(axis));
  return {name, axes, extents, std::vector<std::int32_t>(values.begin(), values.end()), "1", ""};
}

inline Array with_words(Array array) {
  array.attributes = {{"meaning", "token"}, {"labels", "label_word"}};
  array.counts = {{"padding", 0}};
  return array;
}

/// Four questions about stories of two or three statements:
///
///     item 0   answered right, both hops read the statement that supports it
///     item 1   answered right, read another one
///     item 2   answered wrong, read the right one
///     item 3   answered wrong, read another one
inline RunRecord story_record(const std::string& mary = "mary") {
  RunRecord record = SampleRun{}.record();
  record.evaluation[0].correct = {1, 1, 0, 0};
  Predictions test;
  test.split = "test";
  test.labels = {{"word", {"", mary, "john", "went", "garden", "hall", "where"}}};
  const std::vector<Index> statements{1, 3, 4, 2, 5, 0, 0, 0, 0};  // mary went garden; john hall
  std::vector<Index> story;
  for (int item = 0; item < 4; ++item) story.insert(story.end(), statements.begin(), statements.end());
  test.arrays = {with_words(index_array("story", {4, 3, 3}, story)),
                 with_words(index_array("question", {4, 2}, {6, 1, 6, 1, 6, 2, 6, 2})),
                 with_words(index_array("answer", {4}, {4, 4, 5, 5})),
                 with_words(index_array("output_answer", {4}, {4, 4, 4, 4})),
                 index_array("support", {4, 3}, {1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0}),
                 index_array("mask", {4, 3}, {1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0})};
  record.predictions = {test};
  const std::vector<std::int32_t> both{0, 1};
  record.selection = {site_of("hop_0", {{0, 0, both, {0.75, 0.25}},
                                        {1, 0, both, {0.25, 0.75}},
                                        {2, 0, both, {0.25, 0.75}},
                                        {3, 0, both, {0.5, 0.5}}}),  // of equal ones the lowest
                      site_of("hop_1", {{0, 0, {0}, {1}}, {1, 0, {1}, {1}}, {2, 0, {1}, {1}}, {3, 0, {0}, {1}}})};
  for (SelectionSite& site : record.selection) {
    site.key_axis = "predictions/test/story:1";
    site.query_axis = "predictions/test/question";
  }
  return record;
}

/// A part of a JSON tree: members by name, items by number.
inline const Json& part(const Json& json) { return json; }
template <class... More>
const Json& part(const Json& json, std::size_t place, More... more);
template <class... More>
const Json& part(const Json& json, const char* name, More... more) {
  static const Json kNone;
  for (const auto& [known, value] : json.as<Json::Object>()) {
    if (known == name) return part(value, more...);
  }
  return kNone;
}
template <class... More>
const Json& part(const Json& json, std::size_t place, More... more) {
  return part(json.as<Json::Array>().at(place), more...);
}

inline std::size_t size_of(const Json& json) { return json.as<Json::Array>().size(); }

}  // namespace fovea::testing
