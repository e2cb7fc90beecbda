#include "tasks/qa/story_items.h"

#include <algorithm>
#include <numeric>

#include "framework/core/text.h"

namespace fovea::qa {
namespace {

using data::came;
using data::Field;
using data::LineError;

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

/// Without blanks on both sides.
Field trimmed_field(const Field& field) {
  const std::string_view text = trimmed(field.text);
  return {text, field.begin + (text.empty() ? 0 : static_cast<std::size_t>(text.data() - field.text.data()))};
}

/// The bytes of the number that a line begins with; 0: it begins with none.
std::size_t digits_of(std::string_view line) {
  const auto end = static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), is_digit) - line.begin());
  return end == line.size() || line[end] == ' ' ? end : 0;
}

/// The end of the first sentence: behind a mark that a blank or the end follows.
std::size_t end_of_sentence(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_mark = text[i] == '.' || text[i] == '?';
    if (is_mark && (i + 1 == text.size() || text[i + 1] == ' ')) return i + 1;
  }
  return text.size();
}

}  // namespace

void StoryLines::start(ToldLine& told) {
  if (!lines_.empty() && !has_asked_) {
    throw LineError(0, "a question was expected before the next story; none came; ask, as in 'Where is Mary?'.");
  }
  told.starts_story = true;
  is_numbered_ = has_asked_ = false;
  statements_ = 0;
  lines_.clear();
}

Field StoryLines::without_number(const Field& field) {
  const std::size_t digits = digits_of(field.text);
  if (lines_.empty()) is_numbered_ = digits > 0;
  if (!is_numbered_) return field;
  const std::string next = std::to_string(lines_.size() + 1);
  if (field.text.substr(0, digits) != next) {
    throw LineError(field.begin, "the number " + next + (lines_.empty() ? "" : ", or 1 for another story,") +
                                     " was expected; " + came(field.text) +
                                     " came; number the lines without gaps, or leave all numbers out.");
  }
  return trimmed_field({field.text.substr(digits), field.begin + digits});
}

void StoryLines::split(const Field& field, ToldLine& told) {
  Field rest = field;
  while (!rest.text.empty()) {
    const std::size_t end = is_numbered_ ? rest.text.size() : end_of_sentence(rest.text);
    const Field sentence{rest.text.substr(0, end), rest.begin};
    rest = trimmed_field({rest.text.substr(end), rest.begin + end});
    if (sentence.text.back() != '?') {
      told.statements.push_back(sentence);
      continue;
    }
    if (!rest.text.empty()) {
      throw LineError(rest.begin, "the end of the line was expected after a question; " + came(rest.text) +
                                      " came; write it in the next line.");
    }
    told.question = sentence;
  }
}

std::vector<Index> StoryLines::support_of(const Field& field) const {
  std::vector<Index> places;
  for (const Field& word : data::words_of(field.text)) {
    const Field number{word.text, field.begin + word.begin};
    const Extent line = data::whole_of(number, "the number of an earlier line", 1, static_cast<Extent>(lines_.size()));
    places.push_back(lines_[static_cast<std::size_t>(line) - 1]);
    if (places.back() >= 0) continue;
    throw LineError(number.begin,
                    "the number of a statement was expected; " + came(number.text) + " is a question; correct it.");
  }
  return places;
}

ToldLine StoryLines::read(std::string_view line) {
  ToldLine told;
  if (trimmed(line).empty()) {
    start(told);
    return told;
  }
  data::check_line(line);
  const std::vector<Field> fields = data::fields_of(line, '\t');
  const Field first = trimmed_field(fields[0]);
  if (first.text.substr(0, digits_of(first.text)) == "1") start(told);
  const Field sentences = without_number(first);
  if (sentences.text.empty()) throw LineError(sentences.begin, "a sentence was expected; nothing came; add it.");
  split(sentences, told);
  const bool asks = !told.question.text.empty();
  if (fields.size() > (asks ? 3U : 1U)) {
    throw LineError(fields[asks ? 3 : 1].begin - 1, std::string("the end of the line was expected after ") +
                                                        (asks ? "the supporting statements" : "a statement") +
                                                        "; a tab came; remove what follows.");
  }
  for (std::size_t i = 0; i < told.statements.size(); ++i) lines_.push_back(statements_++);
  if (!asks) return told;
  if (statements_ == 0) {
    throw LineError(told.question.begin, "a statement was expected before the first question; a question came; add one.");
  }
  if (fields.size() > 1) told.answer = trimmed(fields[1].text);
  if (fields.size() > 2) told.support = support_of(fields[2]);
  lines_.push_back(-1);
  has_asked_ = true;
  return told;
}

std::span<const Index> telling_statement(const Told& told) {
  const auto words = told.statements.size() / static_cast<std::size_t>(told.count);
  const Index place = told.support.empty() ? 0 : std::max(told.support.front(), Index{0});
  return told.statements.subspan(static_cast<std::size_t>(place) * words, words);
}

LineError unknown_word(const Token& word, const Field& sentence, std::span<const std::string> known) {
  const std::string nearest = nearest_name(word.text, known);
  return {sentence.begin + word.offset, "a word of the training stories was expected; " + came(word.text) + " came; " +
                                            (nearest.empty() ? "write another one, or train on stories that have it."
                                                             : "did you mean " + in_quotes(nearest) + "?")};
}

GrowingStory::GrowingStory(const Corpus& corpus, const CorpusOptions& options)
    : corpus_(corpus), options_(options), task_(static_cast<Index>(options.tasks().front())) {}

bool GrowingStory::take(std::string_view line) {
  try {
    const ToldLine told = lines_.read(line);
    if (told.starts_story) forget();
    for (const Field& sentence : told.statements) tell(sentence);
    if (told.question.text.empty()) return false;
    ask(told);
    return true;
  } catch (const Error&) {
    lines_ = {};
    forget();
    throw;
  }
}

void GrowingStory::forget() {
  statements_.clear();
  unknown_.clear();
  forgotten_ = 0;
}

void GrowingStory::tell(const Field& sentence) {
  const auto words = static_cast<std::ptrdiff_t>(corpus_.statement_words());
  if (static_cast<Extent>(unknown_.size()) == options_.memory) {
    statements_.erase(statements_.begin(), statements_.begin() + words);
    unknown_.erase(unknown_.begin());
    ++forgotten_;
  }
  if (static_cast<Extent>(unknown_.size()) == corpus_.slots()) {
    const std::string most = std::to_string(corpus_.slots());
    throw LineError(sentence.begin,
                    "at most " + most +
                        " statements, as many as the longest story of the task has, were "
                        "expected; another one came; begin another story by an empty line or the number 1, or "
                        "train with memory=" +
                        most + ", which forgets the first ones.");
  }
  unknown_.push_back(append(sentence, "a statement", corpus_.statement_words(), statements_));
}

void GrowingStory::ask(const ToldLine& line) {
  question_.clear();
  unknown_asked_ = append(line.question, "a question", corpus_.question_words(), question_);
  answer_ = line.answer.empty() ? 0 : corpus_.vocabulary().number_of(answer_word(line.answer));
  if (answer_ == 0 && !line.answer.empty()) ++unknown_asked_;
  support_.clear();
  for (const Index place : line.support) support_.push_back(place - forgotten_);
  if (static_cast<Extent>(support_.size()) > corpus_.most_supports()) {
    throw LineError(line.question.begin, "at most " + std::to_string(corpus_.most_supports()) +
                                             " supporting statements were expected; " + std::to_string(support_.size()) +
                                             " came; name fewer, or none.");
  }
}

/// A row of `most` numbers is appended to `to`; how many of its words are unknown.
Index GrowingStory::append(const Field& sentence, const std::string& what, Extent most, std::vector<Index>& to) const {
  const std::vector<Token> words = tokens_of(sentence.text);
  if (words.empty() || static_cast<Extent>(words.size()) > most) {
    throw LineError(sentence.begin, what + " of 1 to " + std::to_string(most) +
                                        " words, as many as the longest one of the task has, was expected; " +
                                        std::to_string(words.size()) + " came; write it in other words.");
  }
  Index unknown = 0;
  for (const Token& word : words) {
    to.push_back(corpus_.vocabulary().number_of(word.text));
    if (to.back() != 0) continue;
    if (!options_.lenient) throw unknown_word(word, sentence, corpus_.vocabulary().words());
    ++unknown;
  }
  to.resize(to.size() + static_cast<std::size_t>(most) - words.size(), 0);
  return unknown;
}

Told GrowingStory::told() const {
  return {.statements = statements_,
          .question = question_,
          .support = support_,
          .count = static_cast<Index>(unknown_.size()),
          .answer = answer_,
          .unknown = std::accumulate(unknown_.begin(), unknown_.end(), unknown_asked_),
          .task = task_};
}

}  // namespace fovea::qa
