#include "tasks/qa/vocabulary.h"

#include <algorithm>

namespace fovea::qa {

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
    std::string word = lower(sentence.substr(begin, end - begin));
    word.erase(std::remove_if(word.begin(), word.end(), [](char c) { return c == '.' || c == '?'; }), word.end());
    if (!word.empty()) tokens.push_back({word, begin});
    begin = end + 1;
  }
  return tokens;
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
