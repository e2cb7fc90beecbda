#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "framework/files/input.h"
#include "framework/task.h"
#include "tasks/qa/corpus_options.h"
#include "tasks/qa/vocabulary.h"

namespace fovea::qa {

/// A question, with what is remembered when it is asked.
struct Item {
  std::size_t statement = 0;  // the first remembered one, of all statements; the others follow it
  Index count = 0;            // remembered statements
  std::size_t question = 0;   // of all questions
  std::size_t support = 0;    // the first supporting statement of all; the others follow it
  Index supports = 0;
  Index answer = 0;   // a number of the vocabulary; 0: no training answer
  Index unknown = 0;  // words, and the answer, that no training story has
  Index task = 0;
};

/// The same as a batch takes it: rows of words, each padded with 0.
struct Told {
  std::span<const Index> statements;  // [count, W], those that are remembered, as they were told
  std::span<const Index> question;    // [L]
  std::span<const Index> support;     // as Corpus::support
  Index count = 0;
  Index answer = 0;
  Index unknown = 0;
  Index task = 0;
};

/// Stories of one or more tasks, as numbers of words: what a batch copies its rows from.
class Corpus {
 public:
  /// Errors    as CorpusOptions, stories_of; no stories; in the validation and test stories a word that the training stories
  ///           do not have, with its place (only for a strict corpus).
  explicit Corpus(const CorpusOptions& options);

  std::span<const Item> items(Split split) const { return items_[static_cast<std::size_t>(split)]; }
  /// The same for a batch. Errors: there are none, with the name of the task.
  std::span<const Item> asked(Split split, const std::string& task) const;
  /// The items of an evaluation split in the order in which batches hold them: a part of them has some of every task.
  std::span<const std::size_t> order(Split split) const { return orders_[static_cast<std::size_t>(split)]; }
  std::span<const Index> statement(std::size_t number) const { return row(statements_, number, statement_words_); }
  std::span<const Index> question(const Item& item) const { return row(questions_, item.question, question_words_); }
  /// Of each supporting statement: how many remembered ones are before it; negative: it is forgotten.
  std::span<const Index> support(const Item& item) const {
    return std::span(supports_).subspan(item.support, item.supports);
  }

  Told told(const Item& item) const;

  const Vocabulary& vocabulary() const { return vocabulary_; }
  Extent words() const { return vocabulary_.size(); }          // V, number 0 included
  Extent slots() const { return slots_; }                      // S, the most statements that are remembered
  Extent statement_words() const { return statement_words_; }  // W, the most words of a statement
  Extent question_words() const { return question_words_; }    // L
  Extent most_supports() const { return most_supports_; }      // F
  Extent tasks() const { return static_cast<Extent>(tasks_.size()); }
  /// The share of the test questions that the most frequent training answer of each task answers.
  double chance() const { return chance_; }
  const Skipped& skipped() const { return skipped_; }
  /// The tasks whose training stories are generated because there is no file for them.
  const std::vector<Extent>& replaced() const { return replaced_; }
  /// The files that it was read from.
  const std::vector<InputFile>& inputs() const { return inputs_; }

 private:
  friend class CorpusBuilder;
  static std::span<const Index> row(const std::vector<Index>& rows, std::size_t number, Extent words) {
    return std::span(rows).subspan(number * static_cast<std::size_t>(words), words);
  }

  std::vector<Extent> tasks_;
  Vocabulary vocabulary_;
  std::vector<Index> statements_;  // rows of W words
  std::vector<Index> questions_;   // rows of L words
  std::vector<Index> supports_;
  std::array<std::vector<Item>, 3> items_;
  std::array<std::vector<std::size_t>, 3> orders_;  // none for training
  Extent slots_ = 1;
  Extent statement_words_ = 1;
  Extent question_words_ = 1;
  Extent most_supports_ = 1;
  double chance_ = 0;
  Skipped skipped_;
  std::vector<Extent> replaced_;
  std::vector<InputFile> inputs_;
};

/// The corpus of these options; one that is in use already is shared.
std::shared_ptr<const Corpus> shared_corpus(const CorpusOptions& options);

/// The corpus of a task such as "babi(task=3, source=generated)", for models that need the size of its vocabulary.
std::shared_ptr<const Corpus> corpus_of(const std::string& task);

}  // namespace fovea::qa
