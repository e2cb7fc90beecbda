// The task `number_names`: a number in digits to its name in a language, character by character, or back.

#include <algorithm>
#include <mutex>
#include <set>
#include <string>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "tasks/data/edits.h"
#include "tasks/data/lines.h"
#include "tasks/language/number_symbols.h"
#include "tasks/language/number_words.h"

namespace fovea {
namespace {

using number_words::characters;
using number_words::kEnd;
using number_words::Language;
using number_words::languages;
using number_words::symbols;
using number_words::symbols_of;
using number_words::tag_symbol;

constexpr const char* kName = "number_names";
constexpr Extent kByLength = 4;  // one of so many training items has its number of digits drawn first

/// A number belongs to one split, in all languages: 8 of 10 to training, 1 to validation, 1 to the test.
Split split_of(Extent number) {
  Rng rng({.seed = static_cast<std::uint64_t>(number), .stream = stream_of(kName)});
  const Extent part = rng.below(10);
  return part == 0 ? Split::kTest : part == 1 ? Split::kValidation : Split::kTrain;
}

/// The number of a language by its tag.
Extent language_of(std::string_view tag) {
  std::vector<std::string> known;
  for (const Language& language : languages()) {
    if (tag == language.tag) return static_cast<Extent>(known.size());
    known.emplace_back(language.tag);
  }
  throw Error(kName, unknown_name(tag, known));
}

/// Symbols up to an end or to nothing.
std::span<const Index> written_in(const Tensor& tensor, Extent row) {
  const Extent width = tensor.shape()[1];
  const Index* first = tensor.index() + row * width;
  return {first, std::find_if(first, first + width, [](Index symbol) { return symbol <= kEnd; })};
}

std::string text_of(std::span<const Index> written) {
  std::string text;
  for (const Index symbol : written) {
    const auto place = static_cast<std::size_t>(symbol);
    text += place < symbols().size() ? symbols()[place] : "?";
  }
  return text;
}

class NumberNames final : public Task {
 public:
  void fields(Options& options) override {
    options.add("languages", languages_, "tags joined by +: en, de, fr, es, it, fi, tr; drawn alike");
    options.add("digits", digits_, "most digits of a number, in [2, 6]", {.low = 2, .high = 6});
    options.add("direction", direction_, "what is asked for", {"to_words", "to_digits"});
    options.add("train_numbers", train_numbers_, "different numbers in training, up to 4 of 10; 0: all of the split",
                {.low = 0});
  }

  void check() const override {
    chosen();
    const Extent most = limit() * 4 / 10;
    if (train_numbers_ <= most) return;
    throw Error(kName, "train_numbers of at most " + std::to_string(most) +
                           " were expected for digits=" + std::to_string(digits_) + "; " + std::to_string(train_numbers_) +
                           " came; set fewer, or 0 for all.");
  }

  void fill(Rng& rng, Split split, Batch& batch) const override {
    make(batch);
    for (Extent b = 0; b < batch.rows(); ++b) {
      const Extent language = chosen()[rng.below(static_cast<Extent>(chosen().size()))];
      const Extent number = draw(rng, split);
      const std::string digits = std::to_string(number);
      const std::string name = languages()[static_cast<std::size_t>(language)].name(number);
      write(batch, b, language, is_to_words() ? digits : name, is_to_words() ? name : digits);
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    std::vector<std::string> tags;
    for (const Language& language : languages()) tags.emplace_back(language.tag);
    std::vector<std::string> written{symbols().begin(), symbols().begin() + characters()};
    written[kEnd] = "<end>";
    return {{{"source", kToken, {"place"}, "symbol", kEnd},
             {"targets", kClass, {"character"}, "written", -1},
             {"language", kClass, {}, "language"},
             {"answers", kClass, {"character"}, "written", -1},
             {"looked", kItem, {"character"}, "", -1, "source:1"},
             {"log_prob", kLogProbability}},
            {{"symbol", symbols()}, {"written", written}, {"language", tags}}};
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor targets = batch.at("targets");
    const Tensor answers = require_output(outputs, "answers", targets.type, kName);
    const EqualRows right = equal_rows(answers, targets);
    Judgement judgement{{{"exact_match", right.whole}, {"character_accuracy", right.share}, {"error_rate", {}}}, {}};
    for (Extent b = 0; b < batch.rows(); ++b) {
      const std::span<const Index> wanted = written_in(targets, b);
      judgement.metrics[2].rows.push_back(static_cast<double>(data::edit_distance(written_in(answers, b), wanted)) /
                                          static_cast<double>(std::max<std::size_t>(wanted.size(), 1)));
      judgement.slices.emplace_back(languages()[static_cast<std::size_t>(batch.at("language").index()[b])].tag);
    }
    return judgement;
  }

  double chance() const override { return 1 / static_cast<double>(limit()); }

  std::string text(const Batch& batch, Extent row) const override {
    const std::span<const Index> source = written_in(batch.at("source"), row);
    return text_of(source.first(1)) + " " + text_of(source.subspan(1)) + " -> " +
           text_of(written_in(batch.at("targets"), row)) + "\n";
  }

  std::string item_format() const override {
    return is_to_words() ? "a language and a number of at most " + std::to_string(digits_) + " digits, such as '" +
                               languages()[static_cast<std::size_t>(chosen()[0])].tag + " 71'"
                         : std::string("a language and the name of a number, such as 'fr soixante et onze'");
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) { read(line, batch); });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const Tensor answers = require_output(outputs, "answers", batch.at("targets").type, kName);
    return text_of(written_in(answers, row)) + "\n";
  }

 private:
  /// The languages by their numbers, the longest texts, and the training numbers where these are few.
  struct Known {
    std::vector<Extent> languages;
    Extent longest_name = 0;
    std::vector<Extent> numbers;
  };
  const Known& known() const {
    std::call_once(once_, [this] {
      for (const std::string_view tag : split_outside(languages_, '+')) {
        known_.languages.push_back(language_of(trimmed(tag)));
        known_.longest_name = std::max(known_.longest_name, number_words::longest_name(known_.languages.back(), digits_));
      }
      Rng rng({.stream = stream_of("number_names/train")});
      std::set<Extent> seen;
      while (static_cast<Extent>(known_.numbers.size()) < std::min(train_numbers_, limit() * 4 / 10)) {
        const Extent number = rng.below(limit());
        if (split_of(number) == Split::kTrain && seen.insert(number).second) known_.numbers.push_back(number);
      }
    });
    return known_;
  }
  const std::vector<Extent>& chosen() const { return known().languages; }
  bool is_to_words() const { return direction_ == "to_words"; }
  Extent limit() const {
    Extent limit = 1;
    for (Extent digit = 0; digit < digits_; ++digit) limit *= 10;
    return limit;
  }

  Extent any_number(Rng& rng, bool is_by_length) const {
    if (!is_by_length) return rng.below(limit());
    Extent end = 10;
    for (Extent digit = rng.below(digits_); digit > 0; --digit) end *= 10;
    return rng.between(end == 10 ? 0 : end / 10, end - 1);
  }

  Extent draw(Rng& rng, Split split) const {
    if (split == Split::kTrain && !known().numbers.empty()) {
      return known().numbers[static_cast<std::size_t>(rng.below(static_cast<Extent>(known().numbers.size())))];
    }
    const bool is_by_length = split == Split::kTrain && rng.below(kByLength) == 0;
    Extent number = any_number(rng, is_by_length);
    while (split_of(number) != split) number = any_number(rng, is_by_length);
    return number;
  }

  void make(Batch& batch) const {
    const Extent longest = known().longest_name;
    batch.make("source", {Shape{batch.rows(), 1 + (is_to_words() ? digits_ : longest)}, Kind::kIndex});
    batch.make("targets", {Shape{batch.rows(), 1 + (is_to_words() ? longest : digits_)}, Kind::kIndex});
    batch.make("language", {Shape{batch.rows()}, Kind::kIndex});
  }

  static void write(const Batch& batch, Extent b, Extent language, const std::string& source, const std::string& target) {
    std::vector<Index> given = symbols_of(source);
    given.insert(given.begin(), tag_symbol(language));
    std::vector<Index> wanted = symbols_of(target);
    wanted.push_back(kEnd);
    write_row(given, kEnd, batch.at("source"), b);
    write_row(wanted, -1, batch.at("targets"), b);
    batch.at("language").index()[b] = static_cast<Index>(language);
  }

  static void write_row(const std::vector<Index>& from, Index padding, const Tensor& to, Extent b) {
    const Extent width = to.shape()[1];
    Index* row = to.index() + b * width;
    std::fill(std::copy(from.begin(), from.end(), row), row + width, padding);
  }

  void read(std::string_view line, Batch& batch) const {
    const std::string_view text = trimmed(line);
    const std::size_t blank = std::min(text.find(' '), text.size());
    const Extent language = language_of(text.substr(0, blank));
    if (std::find(chosen().begin(), chosen().end(), language) == chosen().end()) {
      throw Error(kName, "a language of " + in_quotes(languages_) + " was expected; " + in_quotes(text.substr(0, blank)) +
                             " came; write one of these.");
    }
    const std::string item(trimmed(text.substr(blank)));
    make(batch);
    if (!is_to_words()) {
      expect_length(static_cast<Extent>(symbols_of(item).size()), known().longest_name, "characters", item);
      return write(batch, 0, language, item, "0");  // which number it is, is not known
    }
    const bool is_number = item.find_first_not_of("0123456789") == std::string::npos && (item == "0" || item[0] != '0');
    if (!is_number) throw Error(kName, "a whole number without leading zeros was expected; " + data::came(item) + " came.");
    expect_length(static_cast<Extent>(item.size()), digits_, "digits", item);
    write(batch, 0, language, item, languages()[static_cast<std::size_t>(language)].name(std::stoll(item)));
  }

  static void expect_length(Extent length, Extent longest, const std::string& unit, const std::string& item) {
    if (length >= 1 && length <= longest) return;
    throw Error(kName, "1 to " + std::to_string(longest) + " " + unit + " were expected; " + data::came(item) +
                           " came; write less, or set digits as it was trained.");
  }

  std::string languages_ = "en+de+fr+es+it+fi+tr";
  Extent digits_ = 6;
  std::string direction_ = "to_words";
  Extent train_numbers_ = 0;
  mutable std::once_flag once_;
  mutable Known known_;
};

FOVEA_TASK("number_names", NumberNames, R"doc(
Number names: a number in digits, answered by its name in one of seven languages, character by character, or back.

Example   "fr 71" -> "soixante et onze"; "de 4321" -> "viertausenddreihunderteinundzwanzig"; "es 22" -> "veintidós".
Inputs    source Index [B, S]: the tag of the language, the digits or the characters of the name, 0 past the end; targets
          Index [B, M]: characters with the same numbers, 0 for the end, -1 past it, which costs nothing; language Index [B].
          S and M are those of the longest possible item. Numbers are uniform in [0, 10^digits); of one training item in
          four the number of digits is drawn first, so that short numbers are seen too.
Languages English, German, French, Spanish, Italian, Finnish, Turkish, by their grammars: irregular teens, tens after units
          (de), twenties (fr), accents (es, it), elision (it), one word (de, it, fi) or several.
Splits    by number: a hash puts every number into one of training (8 of 10), validation (1) and test (1), in all languages;
          train_numbers keeps that many of the training ones, always the same.
Judges    output "answers", Index [B, M]: exact_match, up to the end; character_accuracy; error_rate, the edits that make the
          answer right for each character of the target. Slices by language.
Chance    10^-digits.
Errors    unknown languages; more train_numbers than 4 of 10; lines that are no item.
Source    the grammars; forms are listed in tasks/language/number_words.h. A task of characters as in Wu, Shapiro & Cotterell
          2018, arXiv:1808.10024, but with data made by rules.
)doc");

}  // namespace
}  // namespace fovea
