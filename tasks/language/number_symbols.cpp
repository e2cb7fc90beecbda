#include "tasks/language/number_symbols.h"

#include <algorithm>
#include <map>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "tasks/language/number_words.h"

namespace fovea::number_words {
namespace {

constexpr const char* kCharacters = "0123456789 -abcdefghijklmnopqrstuvwxyzßäçéóöúüış";

template <class Take>
void each_character(std::string_view text, const Take& take) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text, at), 1);
    take(text.substr(at, length));
    at += length;
  }
}

Extent length_of(const std::string& name) {
  return static_cast<Extent>(std::count_if(name.begin(), name.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

}  // namespace

const std::vector<std::string>& symbols() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> texts{""};
    each_character(kCharacters, [&](std::string_view one) { texts.emplace_back(one); });
    for (const Language& language : languages()) texts.emplace_back(language.tag);
    return texts;
  }();
  return all;
}

Extent characters() { return static_cast<Extent>(symbols().size() - languages().size()); }

Index tag_symbol(Extent language) { return static_cast<Index>(characters() + language); }

std::vector<Index> symbols_of(std::string_view text) {
  static const std::map<std::string_view, Index> numbers = [] {
    std::map<std::string_view, Index> known;
    for (Index i = 1; i < static_cast<Index>(characters()); ++i) known.emplace(symbols()[static_cast<std::size_t>(i)], i);
    return known;
  }();
  std::vector<Index> found;
  each_character(text, [&](std::string_view one) {
    const auto known = numbers.find(one);
    if (known == numbers.end()) {
      throw Error("", "characters of names of numbers were expected, in lower case; " + in_quotes(one) +
                          " came; write as `fovea sample number_names` does.");
    }
    found.push_back(known->second);
  });
  return found;
}

// The names of thousands and of what follows them stand side by side, so that the longest of each make the longest name.
Extent longest_name(Extent language, Extent digits) {
  const auto length = [&](Extent number) { return length_of(languages()[static_cast<std::size_t>(language)].name(number)); };
  const Extent below = digits < 3 ? digits == 1 ? 10 : 100 : 1000;
  Extent longest = 0;
  if (digits <= 3) {
    for (Extent number = 0; number < below; ++number) longest = std::max(longest, length(number));
    return longest;
  }
  const Extent thousands = digits == 4 ? 10 : digits == 5 ? 100 : 1000;
  Extent tail = 0;
  for (Extent head = 1; head < thousands; ++head) longest = std::max(longest, length(1000 * head));
  for (Extent rest = 1; rest < below; ++rest) tail = std::max(tail, length(2000 + rest) - length(2000));
  return longest + tail;
}

}  // namespace fovea::number_words
