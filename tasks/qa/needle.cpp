// The task `needle`: the facts of a bAbI story are scattered in a long text about other things.

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "tasks/qa/corpus.h"
#include "tasks/qa/filler.h"
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
    const tokens::Labelled made(batch, length_, 1);
    const Tensor support = batch.make("support", {Shape{batch.rows(), length_}, Kind::kIndex});
    std::fill_n(support.index(), support.size(), Index{0});
    const auto count = static_cast<Extent>(items.size());
    for (Extent b = 0; b < batch.rows(); ++b) {
      const Item& item = items[listed_item(rng, split, batch, b, count)];
      tell(item, rng, made.row(b), support.index() + b * length_);
      made.ask(b, 0, length_ - 1, item.answer);
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

  /// Facts keep their order; all choices of their places among the sentences are equally likely. What no sentence
  /// fills stays 0, in front.
  void tell(const Item& item, Rng& rng, Index* row, Index* support) const {
    Sentence question = sentence_of(corpus_->question(item));
    question.words.back() = static_cast<Index>(words_.size() - 1);
    Extent room = length_ - static_cast<Extent>(question.words.size());
    const std::vector<Sentence> facts = facts_of(item, room);
    std::vector<Sentence> fillers;
    for (Sentence one = filler(rng); static_cast<Extent>(one.words.size()) <= room; one = filler(rng)) {
      room -= static_cast<Extent>(one.words.size());
      fillers.push_back(std::move(one));
    }
    std::vector<Index> is_fact(facts.size() + fillers.size(), 0);
    std::fill_n(is_fact.begin(), facts.size(), 1);
    rng.shuffle(std::span<Index>(is_fact));
    Index* at = row + room;
    const auto write = [&](const Sentence& sentence) {
      if (sentence.is_support) std::fill_n(support + (at - row), sentence.words.size(), Index{1});
      at = std::copy(sentence.words.begin(), sentence.words.end(), at);
    };
    auto fact = facts.begin();
    auto other = fillers.begin();
    for (const Index is_one : is_fact) write(is_one != 0 ? *fact++ : *other++);
    write(question);
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
