#include "tasks/qa/vocabulary.h"

#include <algorithm>

namespace fovea::qa {
namespace {

/// The word without the marks that end a sentence; those within it belong to it, as in "3.5".
std::string_view without_end(std::string_view word) {
  const std::size_t last = word.find_last_not_of(".?");
  return word.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return result;
}

std::vector<Token> tokens_of(std::string_view sentence) {
  std::vector<Token> tokens;
  for (std::size_t begin = 0; begin < sentence.size();) {
    const std::size_t end = std::min(sentence.find(' ', begin), sentence.size());
    const std::string_view word = without_end(sentence.substr(begin, end - begin));
    if (!word.empty()) tokens.push_back({lower(word), begin});
    begin = end + 1;
  }
  return tokens;
}

std::string answer_word(std::string_view answer) {
  const std::string_view word = without_end(answer);
  return lower(word.empty() ? answer : word);
}

Vocabulary::Vocabulary(const std::set<std::string>& words) : words_{""} {
  words_.insert(words_.end(), words.begin(), words.end());
  for (std::size_t i = 1; i < words_.size(); ++i) numbers_[words_[i]] = static_cast<Index>(i);
}

Index Vocabulary::number_of(const std::string& word) const {
  const auto found = numbers_.find(word);
  return found == numbers_.end() ? 0 : found->second;
}

}  // namespace fovea::qa
