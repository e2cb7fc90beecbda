#pragma once

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string>
#include <vector>

namespace fovea::test {

// What the solver of questions reads sentences with.

using Words = std::vector<std::string>;
using Lines = std::vector<std::string>;

inline Words words_of(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '.' || c == '?'; }, ' ');
  std::istringstream stream(text);
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

inline bool has(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

inline std::string after(const Words& words, const std::string& word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() || found + 1 == words.end() ? "" : *(found + 1);
}

inline std::string capital(std::string word) {
  word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
  return word;
}

// Tasks 4 and 15 to 20, of qa_relations.cpp: statements, words of the question (or its text) -> answer.
std::string deduce(const Lines& lines, const Words& q);
std::string induce(const Lines& lines, const Words& q);
std::string beside(const Lines& lines, const Words& q);
std::string side(const Lines& lines, const std::string& question);
std::string path(const Lines& lines, const Words& q);
std::string compare(const Lines& lines, const std::string& question);
std::string motive(const Lines& lines, const Words& q);

}  // namespace fovea::test
