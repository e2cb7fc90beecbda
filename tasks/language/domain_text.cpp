// The task `domain_text`: the next character of a text that changes between domains, each with its own words.

#include <algorithm>
#include <cmath>
#include <mutex>

#include "framework/core/span.h"
#include "framework/core/text.h"
#include "tasks/language/characters.h"
#include "tasks/language/domains.h"

namespace fovea {
namespace {

constexpr const char* kName = "domain_text";

class DomainText final : public Task {
 public:
  void fields(Options& options) override {
    options.add("length", length_, "characters T of a text, >= 2", {.low = 2, .high = 1e6});
    options.add("domains", language_options_.domains, "kinds of text, in [1, 64]", {.low = 1, .high = 64});
    options.add("words", language_options_.words, "words of a domain, in [2, 256]", {.low = 2, .high = 256});
    options.add("successors", language_options_.successors, "words that may follow a word, in [1, words]", {.low = 1});
    options.add("change", language_options_.change, "probability of another domain after a word, in [0, 1]",
                {.low = 0, .high = 1});
    options.add("language", language_options_.language, "seed of words and successors, >= 0", {.low = 0});
  }

  void check() const override {
    if (language_options_.successors <= language_options_.words) return;
    throw Error(kName, "at most as many successors as words were expected; there are " +
                           std::to_string(language_options_.successors) + " and " + std::to_string(language_options_.words) +
                           "; set successors=" + std::to_string(language_options_.words) + " or fewer.");
  }

  void fill(Rng& rng, Split /*split*/, Batch& batch) const override {
    const characters::Texts made(batch, length_);
    for (Extent row = 0; row < batch.rows(); ++row) {
      Index* input = made.text.index() + row * length_;
      Index* next = made.target.index() + row * length_;
      language().write(rng, span_of(next, length_));
      input[0] = 0;  // the space before the first word
      std::copy_n(next, length_ - 1, input + 1);
    }
  }

  Meanings meanings() const override { return characters::meanings(texts()); }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const std::vector<double> told = characters::bits(batch, outputs, domains::kCharacters, kName);
    Judgement judgement{{{"optimal_share", {}}, {"bits_per_character", told}, {"optimal_bits", {}}, {"accuracy", {}}}, {}};
    for (std::size_t row = 0; row < told.size(); ++row) {
      const Index* target = batch.at("target").index() + static_cast<Extent>(row) * length_;
      const double least = language().bits(span_of(target, length_)) / static_cast<double>(length_);
      judgement.metrics[0].rows.push_back(least / told[row]);
      judgement.metrics[2].rows.push_back(least);
    }
    judgement.metrics[3].rows = characters::accuracy(batch, outputs);
    return judgement;
  }

  std::string text(const Batch& batch, Extent row) const override {
    const Index* target = batch.at("target").index() + row * length_;
    std::string text;
    for (Extent t = 0; t < length_; ++t) text += target[t] == 0 ? ' ' : static_cast<char>('a' + target[t] - 1);
    return text + "\n";
  }

  std::string item_format() const override {
    return "texts of letters and spaces, such as '" + language().word(0, 0) + " " + language().word(0, 1) +
           "', one a line; the next character is asked for";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return line_reader([](std::string_view line, Batch& batch) {
      std::vector<Index> read{0};  // the space before the first word
      for (std::size_t i = 0; i < line.size(); ++i) {
        const auto code = std::string_view(" abcdefghijklmnopqrstuvwxyz").find(line[i]);
        if (code == std::string_view::npos) {
          throw Error("column " + std::to_string(i + 1),
                      "a letter of a to z or a space was expected; " + in_quotes(line.substr(i, 1)) + " came; remove it.");
        }
        read.push_back(static_cast<Index>(code));
      }
      characters::write(read, batch);
    });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    return characters::answer(batch, outputs, row, texts(), kName);
  }

 private:
  static std::vector<std::string> texts() {
    std::vector<std::string> texts{" "};
    for (char letter = 'a'; letter <= 'z'; ++letter) texts.emplace_back(1, letter);
    return texts;
  }

  const domains::Language& language() const {
    std::call_once(made_, [this] { language_ = std::make_unique<domains::Language>(language_options_); });
    return *language_;
  }

  Extent length_ = 128;
  domains::LanguageOptions language_options_;
  mutable std::once_flag made_;
  mutable std::unique_ptr<const domains::Language> language_;
};

FOVEA_TASK("domain_text", DomainText, R"doc(
Domain text: the next character of a text that changes between domains, each of which has its own words and grammar.

Example   "zo beri nuk zo li | havu" with a change of domain at the bar, which is not shown: after "zo" one of four words
          follows, "beri" most often.
Inputs    text Index [B, T]: the characters so far, 0 a space and 1 to 26 the letters, beginning with a space; target Index
          [B, T]: the next ones. A domain has `words` words of two to six letters; after a word one of its `successors`
          follows, the r-th with a probability proportional to 1 / r, or, with the probability `change`, any word of a
          domain drawn anew.
Outputs   "scores" [B, T, 27]: probabilities are softmax(scores).
Metrics   optimal_share, optimal_bits over bits_per_character, 1 is optimal; bits_per_character, -log2 of the probability of
          the text per character; optimal_bits, that of the best predictor, which knows the language and weighs all domains
          and words by Bayes' rule; accuracy of the most probable character.
Splits    independent streams of one language.
Errors    more successors than words; an output of another shape.
Source    ours; exact predictions by the forward algorithm, Rabiner 1989, section III.A.
)doc");

}  // namespace
}  // namespace fovea
