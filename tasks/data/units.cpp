#include "tasks/data/units.h"

#include <algorithm>

#include "framework/core/text.h"
#include "tasks/qa/vocabulary.h"

namespace fovea::data {

Unit unit_of(std::string_view name) { return name == "characters" ? Unit::kCharacter : Unit::kWord; }

std::vector<std::string> units_of(std::string_view text, const UnitOptions& options) {
  std::vector<std::string> units;
  if (options.unit == Unit::kWord) {
    for (const Field& word : words_of(text)) units.emplace_back(word.text);
  } else {
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t length = std::max<std::size_t>(utf8_length(text, i), 1);
      units.emplace_back(text.substr(i, length));
      i += length;
    }
  }
  if (options.lower)
    std::transform(units.begin(), units.end(), units.begin(), [](const auto& unit) { return qa::lower(unit); });
  return units;
}

std::string joined(const std::vector<std::string>& units, Unit unit) {
  std::string text;
  for (const std::string& one : units) text += (text.empty() || unit == Unit::kCharacter ? "" : " ") + one;
  return text;
}

Units::Units(std::vector<std::string> first, const std::map<std::string, Extent>& counts, Extent min_count)
    : texts_(std::move(first)) {
  for (const auto& [unit, count] : counts) {
    if (count < min_count) continue;
    numbers_[unit] = static_cast<Index>(texts_.size());
    texts_.push_back(unit);
  }
}

Index Units::number_of(const std::string& unit, Index unknown) const {
  const auto found = numbers_.find(unit);
  return found == numbers_.end() ? unknown : found->second;
}

std::vector<Index> Units::numbers_of(const std::vector<std::string>& units, Index unknown) const {
  std::vector<Index> numbers;
  numbers.reserve(units.size());
  for (const std::string& unit : units) numbers.push_back(number_of(unit, unknown));
  return numbers;
}

void check_length(const Field& text, std::size_t units, Extent longest, const std::string& what) {
  if (units == 0) throw LineError(text.begin, what + " was expected; " + came(trimmed(text.text)) + " came; write one.");
  if (units <= static_cast<std::size_t>(longest)) return;
  throw LineError(text.begin, what + " of at most " + std::to_string(longest) + " units was expected; this one has " +
                                  std::to_string(units) + "; shorten it, or set longest=" + std::to_string(units) + ".");
}

}  // namespace fovea::data
