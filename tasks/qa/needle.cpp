// The task `needle`: the facts of a bAbI story are scattered in a long text about other things.

#include <algorithm>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "tasks/qa/corpus.h"
#include "tasks/qa/filler.h"
#include "tasks/qa/story_items.h"
#include "tasks/recall/tokens.h"

namespace fovea {
namespace {

using qa::Item;

constexpr const char* kName = "needle";

class Needle final : public Task {
 public:
  Needle() { options_.memory = 20; }

  void fields(Options& options) override {
    options.add("length", length_, "words T of a text, its question included, >= 16", {.low = 16, .high = 1e8});
    options_.fields(options);
  }

  void check() const override { words(); }

  std::string stream() const override { return kName; }
  void fill(Rng& rng, Split split, Batch& batch) const override {
    words();
    const std::span<const Item> items = corpus_->asked(split, kName);
    const Tensors made(batch, length_);
    const auto count = static_cast<Extent>(items.size());
    for (Extent b = 0; b < batch.rows(); ++b) {
      const Item& item = items[listed_item(rng, split, batch, b, count)];
      write(told(item, rng), item.answer, b, made);
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    Meanings meanings = tokens::meanings(words());
    meanings.tensors.push_back({"support", kMask, {"place"}});
    meanings.tensors.front().padding = 0;
    return meanings;
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    Judgement judgement = tokens::judged(batch, outputs, kName);
    judgement.metrics.resize(1);  // there is one word: exact is the same
    return judgement;
  }

  std::string item_format() const override {
    words();
    const qa::Told told = corpus_->told(corpus_->asked(Split::kTest, kName).front());
    const auto written = [&](std::span<const Index> numbers) {
      std::string text;
      for (const Index number : numbers) text += number == 0 ? "" : (text.empty() ? "" : " ") + words()[number];
      return text;
    };
    return "texts of at most " + std::to_string(length_) + " words and marks, in one line or several, such as '" +
           written(qa::telling_statement(told)) + ". The old clock ticked softly. " + written(told.question) +
           "?'; a question ends an item, an empty line ends a text";
  }

  std::unique_ptr<ItemReader> item_reader() const override { return std::make_unique<Reader>(*this); }

  std::string answer(const Batch& /*batch*/, const Outputs& outputs, Extent row) const override {
    return tokens::answer(outputs, row, words());
  }

  double chance() const override {
    words();
    return corpus_->chance();
  }

  /// The text, the words of supporting statements in brackets.
  std::string text(const Batch& batch, Extent row) const override {
    std::string text;
    for (Extent t = 0; t < length_; ++t) {
      const auto word = static_cast<std::size_t>(batch.at("tokens").index()[row * length_ + t]);
      if (word == 0) continue;
      const bool is_support = batch.at("support").index()[row * length_ + t] != 0;
      text += (text.empty() ? "" : " ") + (is_support ? "[" + words()[word] + "]" : words()[word]);
    }
    return text + " -> " + words()[batch.at("targets").index()[row]] + "\n";
  }

 private:
  struct Sentence {
    std::vector<Index> words;  // with its full stop
    bool is_support = false;
  };

  struct Tensors {
    Tensors(Batch& batch, Extent length)
        : labelled(batch, length, 1), support(batch.make("support", {Shape{batch.rows(), length}, Kind::kIndex})) {
      std::fill_n(support.index(), support.size(), Index{0});
    }
    tokens::Labelled labelled;
    Tensor support;  // [B, T]
  };

  /// Texts of a user: sentences, until one asks. A text goes on after a question, which is forgotten.
  class Reader final : public ItemReader {
   public:
    explicit Reader(const Needle& task) : task_(task) { task_.words(); }
    bool read(std::string_view line, Batch& batch) override {
      try {
        return take(line, batch);
      } catch (const Error&) {
        lines_ = {};  // another text begins
        text_.clear();
        throw;
      }
    }

   private:
    bool take(std::string_view line, Batch& batch) {
      const qa::ToldLine told = lines_.read(line);
      if (told.starts_story) text_.clear();
      for (const data::Field& sentence : told.statements) text_.push_back(task_.sentence_in(sentence));
      if (told.question.text.empty()) return false;
      std::vector<Sentence> text = text_;
      for (const Index place : told.support) text[static_cast<std::size_t>(place)].is_support = true;
      text.push_back(task_.asking(task_.sentence_in(told.question)));
      task_.read(text, told, batch);
      return true;
    }

    const Needle& task_;
    qa::StoryLines lines_;
    std::vector<Sentence> text_;
  };

  void read(const std::vector<Sentence>& text, const qa::ToldLine& told, Batch& batch) const {
    if (words_in(text) > length_) {
      throw data::LineError(told.question.begin, "a text of at most " + std::to_string(length_) +
                                                     " words and marks was expected; " + std::to_string(words_in(text)) +
                                                     " came; shorten it, or train with a longer length.");
    }
    const Index answer = told.answer.empty() ? 0 : corpus_->vocabulary().number_of(qa::answer_word(told.answer));
    write(text, answer, 0, Tensors(batch, length_));
  }

  /// The words of the stories, by the numbers of their corpus, those of the filler, the full stop and the question mark.
  const std::vector<std::string>& words() const {
    std::call_once(loaded_, [this] {
      corpus_ = qa::shared_corpus(options_);
      for (Index number = 0; number < static_cast<Index>(corpus_->words()); ++number) {
        words_.push_back(corpus_->vocabulary().word(number));
      }
      for (const std::string& word : qa::filler_words()) {
        if (corpus_->vocabulary().number_of(word) == 0) words_.push_back(word);
      }
      words_.insert(words_.end(), {".", "?"});
    });
    return words_;
  }

  Index number_of(const std::string& word) const {
    const Index known = corpus_->vocabulary().number_of(word);
    if (known != 0) return known;
    return static_cast<Index>(std::find(words_.begin() + corpus_->words(), words_.end(), word) - words_.begin());
  }

  Sentence sentence_of(std::span<const Index> words) const {
    Sentence made;
    std::copy_if(words.begin(), words.end(), std::back_inserter(made.words), [](Index word) { return word != 0; });
    made.words.push_back(static_cast<Index>(words_.size() - 2));
    return made;
  }

  /// One that a user has written.
  Sentence sentence_in(const data::Field& sentence) const {
    std::vector<Index> numbers;
    for (const qa::Token& word : qa::tokens_of(sentence.text)) {
      const Index number = number_of(word.text);
      const bool is_known = number < static_cast<Index>(words_.size()) - 2;
      if (!is_known && !options_.lenient) throw qa::unknown_word(word, sentence, words_);
      if (is_known) numbers.push_back(number);
    }
    return sentence_of(numbers);
  }

  Sentence filler(Rng& rng) const {
    std::vector<Index> numbers;
    for (const std::string& word : qa::filler_sentence(rng)) numbers.push_back(number_of(word));
    return sentence_of(numbers);
  }

  /// The latest facts of an item that fit into `room` words; their words are taken off it.
  std::vector<Sentence> facts_of(const Item& item, Extent& room) const {
    std::vector<Sentence> facts;
    for (Index place = item.count - 1; place >= 0; --place) {
      Sentence fact = sentence_of(corpus_->statement(item.statement + static_cast<std::size_t>(place)));
      const std::span<const Index> support = corpus_->support(item);
      fact.is_support = std::find(support.begin(), support.end(), place) != support.end();
      if (static_cast<Extent>(fact.words.size()) > room) break;
      room -= static_cast<Extent>(fact.words.size());
      facts.insert(facts.begin(), std::move(fact));
    }
    return facts;
  }

  /// The sentence ends with a question mark instead.
  Sentence asking(Sentence sentence) const {
    sentence.words.back() = static_cast<Index>(words_.size() - 1);
    return sentence;
  }

  /// Facts keep their order; all choices of their places among the sentences are equally likely.
  std::vector<Sentence> told(const Item& item, Rng& rng) const {
    Sentence question = asking(sentence_of(corpus_->question(item)));
    Extent room = length_ - static_cast<Extent>(question.words.size());
    std::vector<Sentence> facts = facts_of(item, room);
    std::vector<Sentence> fillers;
    for (Sentence one = filler(rng); static_cast<Extent>(one.words.size()) <= room; one = filler(rng)) {
      room -= static_cast<Extent>(one.words.size());
      fillers.push_back(std::move(one));
    }
    std::vector<Index> is_fact(facts.size() + fillers.size(), 0);
    std::fill_n(is_fact.begin(), facts.size(), 1);
    rng.shuffle(std::span<Index>(is_fact));
    std::vector<Sentence> text;
    text.reserve(is_fact.size() + 1);
    auto fact = facts.begin();
    auto other = fillers.begin();
    for (const Index is_one : is_fact) text.push_back(std::move(is_one != 0 ? *fact++ : *other++));
    text.push_back(std::move(question));
    return text;
  }

  static Extent words_in(const std::vector<Sentence>& text) {
    return std::accumulate(text.begin(), text.end(), Extent{0},
                           [](Extent sum, const Sentence& one) { return sum + static_cast<Extent>(one.words.size()); });
  }

  /// What the sentences do not fill stays 0, in front.
  void write(const std::vector<Sentence>& text, Index answer, Extent b, const Tensors& made) const {
    Index* at = made.labelled.row(b) + length_ - words_in(text);
    Index* support = made.support.index() + (at - made.labelled.tokens.index());
    for (const Sentence& sentence : text) {
      at = std::copy(sentence.words.begin(), sentence.words.end(), at);
      support = std::fill_n(support, sentence.words.size(), sentence.is_support ? Index{1} : Index{0});
    }
    made.labelled.ask(b, 0, length_ - 1, answer);
  }

  Extent length_ = 512;
  qa::CorpusOptions options_;
  mutable std::once_flag loaded_;
  mutable std::shared_ptr<const qa::Corpus> corpus_;
  mutable std::vector<std::string> words_;
};

FOVEA_TASK("needle", Needle, R"doc(
Needle: the facts of a bAbI story are scattered in a long text about other things, with a question at its end.

Example   length=24: "the old clock ticked softly . mary moved to the bathroom . the river waited once . where is mary ?"
          -> bathroom; the words of the second sentence support it.
Inputs    tokens Index [B, T], words: 0 none, then those of the stories (as in `babi`), those of the filler, full stop and
          question mark; places Index [B, 1] = T - 1, the question mark; targets Index [B, 1], the answer; support Index
          [B, T], 1 at the words of the statements that the answer follows from, which a model must not read.
Texts     the latest `memory` facts, as many as fit, in their order, at uniform places among random sentences of other words;
          a few zeros in front where no sentence fits.
Outputs   "answers" Index [B, 1].
Metrics   accuracy. Chance: the share of test questions that the most frequent training answer answers.
Splits    those of `babi`; the filler is drawn anew for every row, from independent streams.
Errors    those of `babi`.
Source    Kuratov et al. 2024, arXiv:2406.10149, section 2, with generated filler instead of books; Weston et al. 2015,
          arXiv:1502.05698.
)doc");

}  // namespace
}  // namespace fovea
