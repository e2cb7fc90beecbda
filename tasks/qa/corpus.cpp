#include "tasks/qa/corpus.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numeric>

#include "framework/core/error.h"

namespace fovea::qa {

/// Turns stories into numbers. Rows have their own lengths until all are known.
class CorpusBuilder {
 public:
  CorpusBuilder(const CorpusOptions& options, Corpus& corpus) : options_(options), corpus_(corpus) {}

  void build() {
    corpus_.tasks_ = options_.tasks();
    check_difficulties();
    std::vector<TaskStories> all;
    for (const Extent task : corpus_.tasks_) all.push_back(stories_of(task, options_, corpus_.skipped_));
    collect_words(all);
    double right = 0;
    for (const TaskStories& stories : all) {
      if (stories.is_replaced) corpus_.replaced_.push_back(stories.task);
      split_training(stories);
      add_file(stories.validation, Split::kValidation, stories.task);
      add_file(stories.test, Split::kTest, stories.task);
      right += answered_by_the_most_frequent(static_cast<Index>(stories.task));
    }
    if (corpus_.items(Split::kTrain).empty() || corpus_.items(Split::kTest).empty()) {
      throw Error("babi", "training and test stories were expected; " + skipped_text() + "; check the files.");
    }
    corpus_.chance_ = right / static_cast<double>(corpus_.items(Split::kTest).size());
    corpus_.statements_ = padded(statements_, corpus_.statement_words_);
    corpus_.questions_ = padded(questions_, corpus_.question_words_);
    draw_order(Split::kValidation, "qa/validation_order");
    draw_order(Split::kTest, "qa/test_order");
  }

 private:
  using Row = std::vector<Index>;

  void check_difficulties() const {
    const Difficulty& difficulty = options_.difficulty;
    Difficulty held;
    for (const Extent task : corpus_.tasks_) {
      const Knobs knobs = knobs_of(task);
      if (knobs.actors) held.actors = difficulty.actors;
      if (knobs.questions) held.questions = difficulty.questions;
      if (knobs.distractors) held.distractors = difficulty.distractors;
    }
    const bool is_released = options_.trains_on_released() && options_.tests_on_released();
    if (is_released) held = {};
    if (held.actors == difficulty.actors && held.questions == difficulty.questions &&
        held.distractors == difficulty.distractors) {
      return;
    }
    throw Error("babi", std::string("actors, questions and distractors change generated stories of tasks that have them; ") +
                            (is_released ? "the stories are released ones" : "task is " + options_.task) +
                            "; leave them at 0.");
  }

  void draw_order(Split split, const std::string& stream) {
    std::vector<std::size_t>& order = corpus_.orders_[static_cast<std::size_t>(split)];
    order.resize(corpus_.items(split).size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Rng({.seed = static_cast<std::uint64_t>(options_.seed), .stream = stream_of(stream)}).shuffle(std::span(order));
  }

  std::string skipped_text() const {
    return corpus_.skipped_.first.empty() ? "there are none"
                                          : "all were skipped, the first one for " + corpus_.skipped_.first;
  }

  void collect_words(const std::vector<TaskStories>& all) {
    std::set<std::string> words;
    for (const TaskStories& stories : all) {
      for (const StoryFile* file : {&stories.train, &stories.validation}) {
        for (const Story& story : file->stories) {
          for (const Line& line : story) {
            for (const Token& token : tokens_of(line.text)) words.insert(token.text);
            if (line.is_question()) words.insert(answer_word(line.answer));
          }
        }
      }
    }
    corpus_.vocabulary_ = Vocabulary(words);
  }

  /// Puts a share of the training stories, drawn at random, into the validation split, where there is no file for it.
  void split_training(const TaskStories& stories) {
    const std::size_t count = stories.train.stories.size();
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::uint32_t stream = stream_of("qa/validation/" + std::to_string(stories.task));
    Rng({.seed = static_cast<std::uint64_t>(options_.seed), .stream = stream}).shuffle(std::span(order));
    const bool has_file = !stories.validation.stories.empty();
    const auto share = static_cast<std::size_t>(std::lround(options_.validation * static_cast<double>(count)));
    order.resize(has_file || options_.validation == 0 || count < 2 ? 0 : std::max<std::size_t>(share, 1));
    std::sort(order.begin(), order.end());
    for (std::size_t s = 0; s < count; ++s) {
      const bool is_kept = std::binary_search(order.begin(), order.end(), s);
      add_story(stories.train, s, is_kept ? Split::kValidation : Split::kTrain, stories.task);
    }
  }

  void add_file(const StoryFile& file, Split split, Extent task) {
    for (std::size_t s = 0; s < file.stories.size(); ++s) add_story(file, s, split, task);
  }

  void add_story(const StoryFile& file, std::size_t s, Split split, Extent task) {
    const Story& story = file.stories[s];
    std::vector<Index> place(story.size(), -1);  // of each statement among the statements of the story
    const std::size_t first = statements_.size();
    for (std::size_t i = 0; i < story.size(); ++i) {
      Index unknown = 0;
      Row row = row_of(file, s, i, unknown);
      if (story[i].is_question()) {
        add_item(story[i], std::move(row), place, {first, split, task, unknown});
      } else {
        place[i] = static_cast<Index>(statements_.size() - first);
        corpus_.statement_words_ = std::max(corpus_.statement_words_, static_cast<Extent>(row.size()));
        statements_.push_back(std::move(row));
        unknown_.push_back(unknown);
      }
    }
  }

  struct Context {
    std::size_t first = 0;  // statement of the story
    Split split = Split::kTrain;
    Extent task = 0;
    Index unknown = 0;
  };

  void add_item(const Line& line, Row row, const std::vector<Index>& place, const Context& context) {
    Item item;
    const std::size_t told = statements_.size() - context.first;
    item.count = static_cast<Index>(std::min(told, static_cast<std::size_t>(options_.memory)));
    item.statement = statements_.size() - static_cast<std::size_t>(item.count);
    item.question = questions_.size();
    item.support = corpus_.supports_.size();
    item.supports = static_cast<Index>(line.support.size());
    const auto forgotten = static_cast<Index>(item.statement - context.first);
    for (const Extent number : line.support) corpus_.supports_.push_back(place[number - 1] - forgotten);
    item.answer = corpus_.vocabulary_.number_of(answer_word(line.answer));
    item.unknown =
        std::accumulate(unknown_.end() - item.count, unknown_.end(), context.unknown + (item.answer == 0 ? 1 : 0));
    item.task = static_cast<Index>(context.task);
    corpus_.question_words_ = std::max(corpus_.question_words_, static_cast<Extent>(row.size()));
    corpus_.slots_ = std::max(corpus_.slots_, static_cast<Extent>(item.count));
    corpus_.most_supports_ = std::max(corpus_.most_supports_, static_cast<Extent>(item.supports));
    questions_.push_back(std::move(row));
    corpus_.items_[static_cast<std::size_t>(context.split)].push_back(item);
  }

  Row row_of(const StoryFile& file, std::size_t story, std::size_t line, Index& unknown) const {
    Row row;
    for (const Token& token : tokens_of(file.stories[story][line].text)) {
      row.push_back(corpus_.vocabulary_.number_of(token.text));
      if (row.back() != 0) continue;
      ++unknown;
      if (options_.lenient) continue;
      throw Error(place_in(file, story, line, token.offset),
                  "a word of the training stories was expected; '" + token.text +
                      "' came; train on more questions, or set lenient=true to skip such words.");
    }
    return row;
  }

  /// How many test questions of a task its most frequent training answer answers.
  double answered_by_the_most_frequent(Index task) const {
    std::map<Index, Extent> counts;
    for (const Item& item : corpus_.items(Split::kTrain)) counts[item.answer] += item.task == task ? 1 : 0;
    if (counts.empty()) return 0;
    const auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
    const Index answer = std::max_element(counts.begin(), counts.end(), by_count)->first;
    const std::span<const Item> test = corpus_.items(Split::kTest);
    return static_cast<double>(std::count_if(test.begin(), test.end(),
                                             [&](const Item& item) { return item.task == task && item.answer == answer; }));
  }

  static std::vector<Index> padded(const std::vector<Row>& rows, Extent words) {
    std::vector<Index> all(rows.size() * static_cast<std::size_t>(words), 0);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy(rows[i].begin(), rows[i].end(),
                all.begin() + static_cast<std::ptrdiff_t>(i * static_cast<std::size_t>(words)));
    }
    return all;
  }

  const CorpusOptions& options_;
  Corpus& corpus_;
  std::vector<Row> statements_;
  std::vector<Row> questions_;
  std::vector<Index> unknown_;  // words of each statement
};

Corpus::Corpus(const CorpusOptions& options) {
  const InputLog log;
  CorpusBuilder(options, *this).build();
  inputs_ = log.files();
}

std::span<const Item> Corpus::asked(Split split, const std::string& task) const {
  if (!items(split).empty()) return items(split);
  throw Error(task, "validation stories were expected; there are none; set validation above 0, or validation_rows=0.");
}

Told Corpus::told(const Item& item) const {
  const auto words = static_cast<std::size_t>(statement_words_);
  return {.statements = std::span(statements_).subspan(item.statement * words, static_cast<std::size_t>(item.count) * words),
          .question = question(item),
          .support = support(item),
          .count = item.count,
          .answer = item.answer,
          .unknown = item.unknown,
          .task = item.task};
}

std::shared_ptr<const Corpus> shared_corpus(const CorpusOptions& options) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const Corpus>> in_use;
  CorpusOptions copy = options;
  Options fields;
  copy.fields(fields);
  const std::scoped_lock lock(mutex);
  std::weak_ptr<const Corpus>& known = in_use[canonical("babi", fields)];
  std::shared_ptr<const Corpus> corpus = known.lock();
  if (!corpus) known = corpus = std::make_shared<const Corpus>(options);
  for (const InputFile& file : corpus->inputs()) InputLog::note(file);
  return corpus;
}

std::shared_ptr<const Corpus> corpus_of(const std::string& task) {
  CorpusOptions options;
  Options fields;
  options.fields(fields);
  apply(parse_call(task), fields);
  return shared_corpus(options);
}

}  // namespace fovea::qa
