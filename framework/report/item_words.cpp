#include "framework/report/item_words.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "framework/core/text.h"

namespace fovea {
namespace {

constexpr std::size_t kMostWords = 64;
constexpr std::size_t kMostLines = 64;
constexpr std::int64_t kMostParts = 4096;
constexpr std::int64_t kWideNumbers = 3;  // more real numbers than these are a vector that says nothing to a reader

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* known) { return name == known; });
}

bool is_padding(const SampleArray& array, double number) {
  return array.padding && static_cast<double>(*array.padding) == number;
}

/// One character of UTF-8, or an escaped one such as "\n".
bool is_character(const std::string& text) {
  return !text.empty() && (utf8_length(text, 0) == text.size() || (text.size() == 2 && text[0] == '\\'));
}

/// Numbers that say something as a text for each of the axis 1.
bool is_readable(const SampleArray& array) {
  if (array.shape.size() < 2 || array.shape.size() > 3 || is_one_of(array.meaning, {"mask", "scores", "log_probability"})) {
    return false;
  }
  return array.is_whole ? array.extent(2) <= static_cast<std::int64_t>(kMostWords) : array.extent(2) <= kWideNumbers;
}

/// The text at one place of the axis 1 of an array [item, N] or [item, N, W].
std::string words_at(const ItemSample& sample, const SampleArray& array, Extent item, std::int64_t place) {
  const auto width = static_cast<std::size_t>(array.extent(2));
  const std::span<const double> numbers = array.of(item);
  const std::size_t begin = static_cast<std::size_t>(place) * width;
  if (place < 0 || begin + width > numbers.size()) return "";
  return joined_words(sample, array, numbers.subspan(begin, width), kMostWords);
}

/// The array that the items of a site come from: the one that the file names, else one that is known to be chosen from
/// and has as many items.
const SampleArray* array_of_parts(const ItemSample& sample, const SampleSite& site) {
  if (!site.keys.array.empty()) {
    const SampleArray* named = sample.find(site.keys.array);
    return named != nullptr && site.keys.axis == 1 && named->shape.size() >= 2 ? named : nullptr;
  }
  for (const char* name : {"story", "items", "source", "tokens", "values", "points", "text"}) {
    const SampleArray* array = sample.find(name);
    if (array != nullptr && array->extent(1) == site.items && array->shape.size() >= 2) return array;
  }
  return nullptr;
}

/// Another array with as many places whose numbers can be read, for items that are vectors.
const SampleArray* readable_beside(const ItemSample& sample, const SampleArray& array) {
  const AnswerArrays answers = answers_of(sample);
  for (const SampleArray& other : sample.arrays()) {
    const bool is_answer = &other == answers.wanted || &other == answers.given;
    if (!is_answer && other.shape.size() == 2 && other.extent(1) == array.extent(1) && is_readable(other)) return &other;
  }
  return nullptr;
}

const SampleArray* mask_of(const ItemSample& sample, const SampleArray& array) {
  for (const SampleArray& mask : sample.arrays()) {
    const bool is_mask = mask.meaning == "mask" || (is_one_of(mask.meaning, {"", "index"}) && mask.name == "mask");
    if (is_mask && mask.name != "support" && mask.shape.size() == 2 && mask.extent(1) == array.extent(1)) return &mask;
  }
  return nullptr;
}

bool is_told(const SampleArray& array) {
  if (is_one_of(array.meaning, {"mask", "scores", "log_probability", "item", "count"})) return false;
  return !is_one_of(array.name, {"mask", "age", "support", "facts", "unknown", "chosen", "looked", "regions", "place",
                                 "places", "form", "log_prob"});
}

}  // namespace

std::string number_words(const ItemSample& sample, const SampleArray& array, double number) {
  const std::string* label = sample.label(array, number);
  if (label != nullptr) return *label;
  return array.is_whole ? fmt::format("{:.0f}", number) : fmt::format("{:.3g}", number);
}

std::string joined_words(const ItemSample& sample, const SampleArray& array, std::span<const double> numbers,
                         std::size_t most) {
  std::vector<std::string> words;
  bool are_characters = !array.labels.empty();
  for (const double number : numbers) {
    if (is_padding(array, number)) continue;
    if (words.size() == most) {
      words.emplace_back("...");
      break;
    }
    words.push_back(number_words(sample, array, number));
    are_characters = are_characters && is_character(words.back());
  }
  return fmt::format("{}", fmt::join(words, are_characters ? "" : " "));
}

ItemParts parts_of(const ItemSample& sample, const SampleSite& site, Extent item) {
  const SampleArray* array = array_of_parts(sample, site);
  ItemParts parts;
  const std::int64_t count = std::min(array == nullptr ? site.items : array->extent(1), kMostParts);
  const SampleArray* mask = array == nullptr ? nullptr : mask_of(sample, *array);
  const SampleArray* read = array == nullptr || is_readable(*array) ? array : readable_beside(sample, *array);
  if (read != nullptr) parts.name = read->name;
  for (std::int64_t place = 0; place < count; ++place) {
    if (mask != nullptr && mask->of(item)[static_cast<std::size_t>(place)] == 0) break;
    parts.texts.push_back(read == nullptr ? "" : words_at(sample, *read, item, place));
  }
  const bool has_padding = read != nullptr && read->padding.has_value();
  while (has_padding && !parts.texts.empty() && parts.texts.back().empty()) parts.texts.pop_back();
  return parts;
}

std::string query_words(const ItemSample& sample, const SampleSite& site, Extent item, std::int64_t query) {
  const SampleArray* array = sample.find(site.asked.array);
  if (array == nullptr || site.asked.axis != 1 || !is_readable(*array)) return "";
  return words_at(sample, *array, item, query);
}

AnswerArrays answers_of(const ItemSample& sample) {
  for (const char* wanted : {"targets", "target", "answer"}) {
    const SampleArray* right = sample.find(wanted);
    if (right == nullptr || !right->is_whole) continue;
    for (const std::string& given : {"output_" + std::string(wanted), std::string("pointers"), std::string("answers"),
                                     std::string("answer"), std::string("program")}) {
      const SampleArray* told = given == wanted ? nullptr : sample.find(given);
      if (told != nullptr && told->is_whole && told->shape == right->shape) return {right, told};
    }
    return {right, nullptr};
  }
  return {};
}

std::string answer_words(const ItemSample& sample, const SampleArray& array, Extent item) {
  const AnswerArrays answers = answers_of(sample);
  const bool is_pointer = array.place_in.array.empty() && answers.given != nullptr && answers.given->name == "pointers";
  const SampleArray* from = sample.find(is_pointer ? "items" : array.place_in.array);
  const bool is_place = from != nullptr && (is_pointer || array.place_in.axis == 1) && is_readable(*from);
  if (!is_place) return joined_words(sample, array, array.of(item), kMostWords);
  std::vector<std::string> words;
  for (const double place : array.of(item).first(std::min(array.of(item).size(), kMostWords))) {
    const bool is_there = place >= 0 && place < static_cast<double>(from->extent(1));
    words.push_back(is_there ? words_at(sample, *from, item, static_cast<std::int64_t>(place)) : "nothing");
  }
  return fmt::format("{}{}", fmt::join(words, " "), array.of(item).size() > kMostWords ? " ..." : "");
}

std::vector<ItemInput> inputs_of(const ItemSample& sample, Extent item, const std::vector<std::string>& left_out) {
  const AnswerArrays answers = answers_of(sample);
  std::vector<ItemInput> inputs;
  for (const SampleArray& array : sample.arrays()) {
    const bool is_answer = &array == answers.wanted || &array == answers.given;
    const bool is_known = std::find(left_out.begin(), left_out.end(), array.name) != left_out.end();
    if (is_answer || is_known || !is_told(array)) continue;
    ItemInput input{array.name, {}};
    if (array.shape.size() <= 2 && (array.is_whole || array.extent(1) <= static_cast<std::int64_t>(kMostWords))) {
      input.lines.push_back(joined_words(sample, array, array.of(item), kMostWords));
    } else if (is_readable(array)) {
      const auto lines = std::min<std::int64_t>(array.extent(1), static_cast<std::int64_t>(kMostLines));
      for (std::int64_t place = 0; place < lines; ++place) input.lines.push_back(words_at(sample, array, item, place));
      while (!input.lines.empty() && input.lines.back().empty()) input.lines.pop_back();
      if (array.extent(1) > lines) input.lines.emplace_back("...");
    }
    if (!input.lines.empty()) inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace fovea
