#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/data/lines.h"
#include "tasks/qa/corpus.h"

namespace fovea::qa {

/// What a line of a story tells and asks.
struct ToldLine {
  bool starts_story = false;            // what was told before is another story
  std::vector<data::Field> statements;  // without numbers
  data::Field question;                 // empty: nothing is asked
  std::string_view answer;              // of the question; empty: it was not given
  std::vector<Index> support;           // how many statements of the story are before each supporting one
};

/// Splits the lines of stories as people write them, numbered as in the files of bAbI or not:
///
///     1 Mary moved to the bathroom.            Mary moved to the bathroom. John went to the hallway.
///     2 John went to the hallway.              Where is Mary?
///     3 Where is Mary? <tab>bathroom<tab>1
///
/// A story ends before an empty line, and before a line with the number 1; it may go on after a question. Without numbers, a
/// line may have several sentences, of which the last may ask. What follows a question need not be there.
///
/// Errors    data::LineError: a gap in the numbers; a question before the end of a line; a tab after a statement; a story
///           without a statement, or without a question; those of check_line.
class StoryLines {
 public:
  ToldLine read(std::string_view line);

 private:
  void start(ToldLine& told);
  data::Field without_number(const data::Field& field);
  void split(const data::Field& field, ToldLine& told);
  std::vector<Index> support_of(const data::Field& field) const;

  bool is_numbered_ = false;
  bool has_asked_ = false;
  Index statements_ = 0;      // of the story
  std::vector<Index> lines_;  // of the story: how many statements are before it; -1: a question
};

/// A statement that the answer of an item follows from, or the first one: for an example.
std::span<const Index> telling_statement(const Told& told);

/// A word of a sentence is none of the known ones: with the nearest of them.
data::LineError unknown_word(const Token& word, const data::Field& sentence, std::span<const std::string> known);

/// A story that somebody tells line by line to a task of this corpus: what is remembered of it, until it asks.
///
/// Errors    data::LineError: those of StoryLines; words that no training story has, unless the corpus is lenient; more
///           words or statements than the stories of the corpus have.
class GrowingStory {
 public:
  GrowingStory(const Corpus& corpus, const CorpusOptions& options);

  /// Takes the next line. True: it asks, and `told` is an item. After an error another story begins.
  bool take(std::string_view line);
  /// Valid until the next line. What is not given is 0: the answer; or empty: the supporting statements.
  Told told() const;

 private:
  void forget();
  void tell(const data::Field& sentence);
  void ask(const ToldLine& line);
  Index append(const data::Field& sentence, const std::string& what, Extent most, std::vector<Index>& to) const;

  const Corpus& corpus_;
  const CorpusOptions& options_;
  Index task_;  // the first one: which of several it is, nobody says
  StoryLines lines_;
  std::vector<Index> statements_;  // rows of W words, those that are remembered
  std::vector<Index> unknown_;     // words of each of them
  Index forgotten_ = 0;            // statements before them
  std::vector<Index> question_;
  std::vector<Index> support_;
  Index answer_ = 0;
  Index unknown_asked_ = 0;
};

}  // namespace fovea::qa
