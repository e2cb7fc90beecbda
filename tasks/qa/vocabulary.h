#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/real.h"

namespace fovea::qa {

/// A word of a sentence: in lower case, without the full stops and question marks at its end.
struct Token {
  std::string text;
  std::size_t offset = 0;  // of its first byte in the sentence
};
std::vector<Token> tokens_of(std::string_view sentence);

/// An answer as a word, by the rules of a sentence: "U.S." is the word that "to the U.S." has. One that consists of marks
/// alone stays.
std::string answer_word(std::string_view answer);

/// Letters of ASCII in lower case.
std::string lower(std::string_view text);

/// Words and their numbers, in the order of their bytes; number 0 is padding.
class Vocabulary {
 public:
  Vocabulary() : Vocabulary(std::set<std::string>{}) {}
  explicit Vocabulary(const std::set<std::string>& words);

  Extent size() const { return static_cast<Extent>(words_.size()); }  // with number 0
  Index number_of(const std::string& word) const;                     // 0: unknown
  const std::string& word(Index number) const { return words_[number]; }
  std::span<const std::string> words() const { return words_; }  // by number; that of 0 is empty

 private:
  std::vector<std::string> words_;
  std::map<std::string, Index> numbers_;
};

}  // namespace fovea::qa
