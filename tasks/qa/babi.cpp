// The task `babi`: a question about a story, answered by a word; the twenty tasks of bAbI.

#include <algorithm>
#include <mutex>

#include "framework/task.h"
#include "tasks/qa/corpus.h"
#include "tasks/qa/story_items.h"

namespace fovea {
namespace {

using qa::Item;
using qa::Told;

constexpr const char* kName = "babi";

class Babi final : public Task {
 public:
  void fields(Options& options) override { options_.fields(options); }
  void check() const override { corpus(); }

  void fill(Rng& rng, Split split, Batch& batch) const override {
    const std::span<const Item> items = corpus().asked(split, kName);
    const Tensors tensors(batch, corpus());
    const auto count = static_cast<Extent>(items.size());
    const bool holds_all = batch.first_row() == 0 && batch.rows() >= count;
    for (Extent b = 0; b < batch.rows(); ++b) {
      const auto item = static_cast<std::size_t>(listed_item(rng, split, batch, b, count));
      fill_row(corpus().told(items[split == Split::kTrain || holds_all ? item : corpus().order(split)[item]]), b, tensors);
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    const std::span<const std::string> words = corpus().vocabulary().words();
    return {{{"story", kToken, {"fact", "word"}, "word", 0},
             {"question", kToken, {"word"}, "word", 0},
             {"answer", kToken, {}, "word", 0},
             {"mask", kMask, {"fact"}},
             {"age", kCount, {"fact"}, "", -1},
             {"support", kMask, {"fact"}},
             {"facts", kItem, {"support"}, "", -1, "story:1"},
             {"chosen", kItem, {"hop"}, "", -1, "story:1"},
             {"task", kIndex},
             {"unknown", kCount},
             {"steps", kCount}},
            {{"word", {words.begin(), words.end()}}}};
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor answer = batch.at("answer");
    const Tensor given = require_output(outputs, "answer", answer.type, kName);
    Judgement judgement{{{"accuracy", {}}, {"unknown_words", {}}}, {}};
    for (Extent b = 0; b < batch.rows(); ++b) {
      const Index right = answer.index()[b];
      judgement.metrics[0].rows.push_back(right != 0 && given.index()[b] == right ? 1 : 0);
      judgement.metrics[1].rows.push_back(batch.at("unknown").index()[b]);
      if (corpus().tasks() > 1) judgement.slices.push_back("task=" + std::to_string(batch.at("task").index()[b]));
    }
    if (outputs.contains("chosen")) judge_choices(batch, outputs.at("chosen"), judgement);
    return judgement;
  }

  /// What was not read of the released files, and what does not come from them.
  std::string note() const override {
    std::string text = qa::text_of(corpus().skipped());
    for (const Extent replaced : corpus().replaced()) {
      text += (text.empty() ? "" : "; ") + ("the training stories of task " + std::to_string(replaced)) +
              " are generated: " + options_.data + " has no file for them";
    }
    return text.empty() ? "" : "babi: " + text;
  }

  double chance() const override { return corpus().chance(); }

  /// The remembered statements by their slots, the supporting ones with a star; the question and its answer.
  std::string text(const Batch& batch, Extent row) const override {
    const Tensor story = batch.at("story");
    const Extent slots = story.shape()[1];
    const Extent words = story.shape()[2];
    std::string text;
    for (Extent slot = 0; slot < slots && batch.at("mask").index()[row * slots + slot] != 0; ++slot) {
      const bool is_support = batch.at("support").index()[row * slots + slot] != 0;
      text += std::to_string(slot) + (is_support ? " * " : "   ");
      text += sentence(story.index() + (row * slots + slot) * words, words) + '\n';
    }
    const Extent length = batch.at("question").shape()[1];
    const Index answer = batch.at("answer").index()[row];
    text += sentence(batch.at("question").index() + row * length, length) + "? ";
    return text + (answer == 0 ? "(an answer of no training story)" : corpus().vocabulary().word(answer)) + '\n';
  }

  std::string item_format() const override {
    const Told told = corpus().told(corpus().asked(Split::kTest, kName).front());
    return "stories, numbered as in the files of bAbI or not, such as '" +
           sentence(qa::telling_statement(told).data(), corpus().statement_words()) + ". " +
           sentence(told.question.data(), corpus().question_words()) +
           "?'; a question ends an item, an empty line or the number 1 ends a story";
  }

  std::unique_ptr<ItemReader> item_reader() const override { return std::make_unique<Reader>(*this); }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const Tensor given = require_output(outputs, "answer", {Shape{batch.rows()}, Kind::kIndex}, kName);
    const Index word = given.index()[row];
    return (word > 0 && word < corpus().words() ? corpus().vocabulary().word(word) : "(no word)") + "\n";
  }

 private:
  /// Stories of a user.
  class Reader final : public ItemReader {
   public:
    explicit Reader(const Babi& task) : task_(task), story_(task.corpus(), task.options_) {}
    bool read(std::string_view line, Batch& batch) override {
      if (!story_.take(line)) return false;
      task_.fill_row(story_.told(), 0, Tensors(batch, task_.corpus()));
      return true;
    }

   private:
    const Babi& task_;
    qa::GrowingStory story_;
  };

  struct Tensors {
    Tensors(Batch& batch, const qa::Corpus& corpus)
        : story(batch.make("story", index({batch.rows(), corpus.slots(), corpus.statement_words()}))),
          question(batch.make("question", index({batch.rows(), corpus.question_words()}))),
          answer(batch.make("answer", index({batch.rows()}))),
          mask(batch.make("mask", index({batch.rows(), corpus.slots()}))),
          age(batch.make("age", index({batch.rows(), corpus.slots()}))),
          support(batch.make("support", index({batch.rows(), corpus.slots()}))),
          facts(batch.make("facts", index({batch.rows(), corpus.most_supports()}))),
          task(batch.make("task", index({batch.rows()}))),
          unknown(batch.make("unknown", index({batch.rows()}))) {}
    static Type index(const Shape& shape) { return {shape, Kind::kIndex}; }

    Tensor story;     // [B, S, W]
    Tensor question;  // [B, L]
    Tensor answer;    // [B]
    Tensor mask;      // [B, S]
    Tensor age;       // [B, S]
    Tensor support;   // [B, S]
    Tensor facts;     // [B, F]
    Tensor task;      // [B]
    Tensor unknown;   // [B]
  };

  const qa::Corpus& corpus() const {
    std::call_once(loaded_, [this] { corpus_ = qa::shared_corpus(options_); });
    return *corpus_;
  }

  std::string sentence(const Index* numbers, Extent count) const {
    std::string text;
    for (Extent i = 0; i < count; ++i) {
      if (numbers[i] != 0) text += (text.empty() ? "" : " ") + corpus().vocabulary().word(numbers[i]);
    }
    return text;
  }

  void fill_row(const Told& item, Extent b, const Tensors& to) const {
    const Extent slots = corpus().slots();
    const Extent words = corpus().statement_words();
    const bool is_as_told = options_.order == "as_told";
    const auto slot_of = [&](Index place) { return is_as_told ? place : item.count - 1 - place; };
    std::fill_n(to.story.index() + b * slots * words, slots * words, Index{0});
    std::fill_n(to.support.index() + b * slots, slots, Index{0});
    for (Index place = 0; place < item.count; ++place) {
      std::copy_n(item.statements.data() + place * words, words, to.story.index() + (b * slots + slot_of(place)) * words);
    }
    for (Index slot = 0; slot < static_cast<Index>(slots); ++slot) {
      const bool is_used = slot < item.count;
      to.mask.index()[b * slots + slot] = is_used ? 1 : 0;
      to.age.index()[b * slots + slot] = is_used ? item.count - 1 - slot_of(slot) : -1;
    }
    Index* facts = to.facts.index() + b * corpus().most_supports();
    std::fill_n(facts, corpus().most_supports(), Index{-1});
    for (const Index place : item.support) {
      *facts = place < 0 ? -1 : slot_of(place);
      if (place >= 0) to.support.index()[b * slots + *facts] = 1;
      ++facts;
    }
    std::copy(item.question.begin(), item.question.end(), to.question.index() + b * corpus().question_words());
    to.answer.index()[b] = item.answer;
    to.task.index()[b] = item.task;
    to.unknown.index()[b] = item.unknown;
  }

  /// Of the statements that were chosen, how many are supporting ones, and the other way round.
  static void judge_choices(const Batch& batch, const Tensor& chosen, Judgement& judgement) {
    const Tensor support = batch.at("support");
    const Extent slots = support.shape()[1];
    if (chosen.type.kind != Kind::kIndex || chosen.shape().rank() != 2 || chosen.shape()[0] != batch.rows()) {
      throw Error(kName, "an output 'chosen', Index [B, hops], was expected; " + chosen.shape().text() +
                             " came; give the slot that each hop reads.");
    }
    judgement.metrics.push_back({"selection_precision", {}});
    judgement.metrics.push_back({"selection_recall", {}});
    const Extent hops = chosen.shape()[1];
    for (Extent b = 0; b < batch.rows(); ++b) {
      const Index* is_support = support.index() + b * slots;
      std::vector<bool> is_chosen(static_cast<std::size_t>(slots), false);
      Extent right = 0;
      for (Extent hop = 0; hop < hops; ++hop) {
        const Index slot = chosen.index()[b * hops + hop];
        if (slot < 0 || slot >= slots) continue;
        right += is_support[slot];
        is_chosen[slot] = true;
      }
      Extent found = 0;
      for (Extent slot = 0; slot < slots; ++slot) found += is_chosen[slot] ? is_support[slot] : 0;
      const Extent wanted = std::count(is_support, is_support + slots, 1);
      judgement.metrics[2].rows.push_back(static_cast<double>(right) / static_cast<double>(std::max<Extent>(hops, 1)));
      judgement.metrics[3].rows.push_back(wanted == 0 ? 1 : static_cast<double>(found) / static_cast<double>(wanted));
    }
  }

  qa::CorpusOptions options_;
  mutable std::once_flag loaded_;
  mutable std::shared_ptr<const qa::Corpus> corpus_;
};

FOVEA_TASK("babi", Babi, R"doc(
bAbI: a question about a story, answered by a word; twenty tasks, one or several at once.

Example   "Mary moved to the bathroom. John went to the hallway. Where is Mary?" -> bathroom; fact 0 supports it.
Inputs    story Index [B, S, W], the latest `memory` statements, in order or the latest first, as words in lower case, 0
          past the end of a statement and of the story; mask Index [B, S], 1 where there is a statement; age Index [B, S],
          0 for the latest, -1 where there is none; question Index [B, L]; answer Index [B], a word of the vocabulary;
          several words, as in "apple,milk" or "s,e", are one. support Index [B, S], 1 for the statements that the answer
          follows from, and facts Index [B, F], their slots in the order of the data, -1 where a statement is forgotten or
          there is none: what a model is judged by and must not read. task Index [B]; unknown Index [B], how many words (or
          answers) of a question and of what is remembered no training story has.
Words     V = 1 + the words of the training stories, questions and answers of all tasks; a model asks for it by
          qa::corpus_of("babi(...)")->words().
Stories   generated, with the distributions of the released data; or released files, with data=FOLDER (en, en-10k, hn, ...).
          With test=released a model learns from generated stories and is asked about released ones.
Splits    train and test files, or other streams of random numbers; for validation a share of the training stories, drawn
          at random, or a file.
          Training draws every row anew. An evaluation of as many rows as there are questions asks each once, whatever its
          batches: set test_rows to 1000 times the number of tasks. One of fewer rows asks some of every task.
Judges    output "answer", Index [B]: accuracy (an answer that no training story has is never right), and unknown_words.
          Where there is one, output "chosen", Index [B, hops], slots: selection_precision, the share of the choices that are
          supporting statements, and selection_recall, the share of the remembered supporting statements that were chosen.
          Slices by task, where there are several.
Chance    the share of test questions that the most frequent training answer of their task answers.
Errors    no such task or file; malformed files and unknown words, with their place, unless lenient; of task 3 there is only
          a part of the file with 10,000 questions, which needs partial=true; an output of another shape.
Source    Weston et al. 2015, arXiv:1502.05698. Sukhbaatar et al. 2015, arXiv:1503.08895, section 4: the memory of 50
          statements, a tenth of the stories for validation, one vocabulary for several tasks.
)doc");

}  // namespace
}  // namespace fovea
