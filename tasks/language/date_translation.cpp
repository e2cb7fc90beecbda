// The task `date_translation`: a date as people write it to the date as ISO 8601 writes it.

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <string>
#include <vector>

#include "framework/core/text.h"
#include "framework/task.h"
#include "tasks/data/lines.h"

namespace fovea {
namespace {

constexpr const char* kName = "date_translation";
constexpr Extent kLongest = 34;  // characters of a source
constexpr Extent kOutputs = 10;  // "2021-03-03"
constexpr Index kHyphen = 10;    // the target word after the ten digits

constexpr std::array<const char*, 12> kMonths{"January", "February", "March",     "April",   "May",      "June",
                                              "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<const char*, 7> kWeekdays{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

/// The ways of writing, with their shares equal; "name" is a month in words, "two_digits" a year without its century.
constexpr std::array<const char*, 10> kForms{
    "day_name_year",  "name_day_year",        "weekday_day_name_year", "weekday_name_day_year", "year_name_day",
    "day_month_year", "day_month_two_digits", "year_month_day",        "day_name_two_digits",   "digits_alone"};

struct Date {
  int year = 0;
  int month = 0;    // 1 to 12
  int day = 0;      // 1 to 31
  int weekday = 0;  // 0: Sunday

  explicit Date(std::int64_t days) {
    const std::chrono::sys_days point{std::chrono::days{days}};
    const std::chrono::year_month_day date{point};
    year = static_cast<int>(date.year());
    month = static_cast<int>(static_cast<unsigned>(date.month()));
    day = static_cast<int>(static_cast<unsigned>(date.day()));
    weekday = static_cast<int>(std::chrono::weekday{point}.c_encoding());
  }
};

std::int64_t first_day_of(Extent year) {
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)}, std::chrono::January,
                                         std::chrono::day{1}};
  return std::chrono::sys_days{date}.time_since_epoch().count();
}

/// A date belongs to one split: 8 of 10 to training, 1 to validation, 1 to the test, by a hash (the finaliser of Stafford's
/// variant 13, as in SplitMix64).
Split split_of(std::int64_t days) {
  auto hash = static_cast<std::uint64_t>(days) + 0x9E3779B97F4A7C15U;
  hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9U;
  hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBU;
  hash ^= hash >> 31U;
  const std::uint64_t part = hash % 10;
  return part == 0 ? Split::kTest : part == 1 ? Split::kValidation : Split::kTrain;
}

std::string number(int value, int digits) {
  std::string text = std::to_string(value);
  return std::string(text.size() < static_cast<std::size_t>(digits) ? static_cast<std::size_t>(digits) - text.size() : 0,
                     '0') +
         text;
}

std::string ordinal(int day) {
  const int last = day % 10;
  const bool is_teen = day >= 11 && day <= 13;
  const char* ending = is_teen || last == 0 || last > 3 ? "th" : last == 1 ? "st" : last == 2 ? "nd" : "rd";
  return std::to_string(day) + ending;
}

/// The text of each code of a source; that of the end, and of what no date has, is empty.
std::vector<std::string> ascii() {
  std::vector<std::string> texts;
  for (char code = 0; code < 127; ++code) texts.push_back(code < ' ' ? "" : std::string(1, code));
  return texts;
}

/// Writes a date in one of the forms; what varies within a form is drawn.
class Writer {
 public:
  Writer(Rng& rng, const Date& date) : rng_(rng), date_(date) {}

  std::string write(std::size_t form) {
    const std::string text = plain(form);
    const Extent style = rng_.below(4);  // 0: lower case, 1: upper case, else as names are written
    std::string result = text;
    for (char& letter : result) {
      if (style == 0) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
      if (style == 1) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return result;
  }

 private:
  std::string plain(std::size_t form) {
    const std::string year = number(date_.year, 4);
    const std::string two_digits = number(date_.year % 100, 2);
    switch (form) {
      case 0: return day_in_words() + gap() + month() + comma() + year;
      case 1: return month() + gap() + day() + comma() + year;
      case 2: return weekday() + day_in_words() + " " + month() + " " + year;
      case 3: return weekday() + month() + " " + day() + comma() + year;
      case 4: return year + gap() + month() + gap() + day();
      case 5: return joined({digits(date_.day), digits(date_.month), year});
      case 6: return joined({digits(date_.day), digits(date_.month), two_digits});
      case 7: return joined({year, digits(date_.month), digits(date_.day)});
      case 8: return digits(date_.day) + gap() + month() + (coin() ? "-" : " '") + two_digits;
      default: return year + number(date_.month, 2) + number(date_.day, 2);
    }
  }

  bool coin() { return rng_.below(2) == 0; }
  std::string gap() { return coin() ? " " : "-"; }
  std::string comma() { return coin() ? ", " : " "; }
  std::string digits(int value) { return number(value, coin() ? 2 : 1); }
  std::string day() { return coin() ? digits(date_.day) : ordinal(date_.day); }
  std::string day_in_words() { return coin() ? day() : ordinal(date_.day) + " of"; }

  std::string month() {
    const std::string name = kMonths[date_.month - 1];
    return coin() ? name : name.substr(0, date_.month == 9 && coin() ? 4 : 3);
  }
  std::string weekday() {
    const std::string name = kWeekdays[date_.weekday];
    return (coin() ? name : name.substr(0, 3)) + comma();
  }
  std::string joined(const std::array<std::string, 3>& parts) {
    static constexpr std::array<const char*, 4> kBetween{"/", ".", "-", " "};
    const std::string between = kBetween[rng_.below(4)];
    return parts[0] + between + parts[1] + between + parts[2];
  }

  Rng& rng_;
  Date date_;
};

class DateTranslation final : public Task {
 public:
  void fields(Options& options) override {
    options.add("first_year", first_year_, "first year, in [1000, 9999]", {.low = 1000, .high = 9999});
    options.add("last_year", last_year_, "last year, in [first_year, 9999]", {.low = 1000, .high = 9999});
  }

  void check() const override {
    if (first_year_ <= last_year_) return;
    throw Error(kName, "first_year must not be above last_year; they are " + std::to_string(first_year_) + " and " +
                           std::to_string(last_year_) + "; exchange them.");
  }

  void fill(Rng& rng, Split split, Batch& batch) const override {
    const Tensors made(batch);
    const std::int64_t first = first_day_of(first_year_);
    const Extent days = first_day_of(last_year_ + 1) - first;
    for (Extent b = 0; b < batch.rows(); ++b) {
      std::int64_t day = first + rng.below(days);
      while (split_of(day) != split) day = first + rng.below(days);
      const Date date(day);
      const auto form = form_for(rng, date);
      write(Writer(rng, date).write(form), date, static_cast<Index>(form), made, b);
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    return {{{"source", kToken, {"place"}, "character", 0},
             {"targets", kClass, {"character"}, "written"},
             {"form", kClass, {}, "form"},
             {"answers", kClass, {"character"}, "written"},
             {"looked", kItem, {"character"}, "", {}, "source:1"},
             {"log_prob", kLogProbability}},
            {{"character", ascii()},
             {"written", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "-"}},
             {"form", {kForms.begin(), kForms.end()}}}};
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor targets = batch.at("targets");
    const EqualRows right = equal_rows(require_output(outputs, "answers", targets.type, kName), targets);
    Judgement judgement{{{"exact_match", right.whole}, {"character_accuracy", right.share}}, {}};
    for (Extent b = 0; b < batch.rows(); ++b) {
      judgement.slices.emplace_back(kForms[batch.at("form").index()[b]]);
    }
    return judgement;
  }

  double chance() const override {
    return 1 / static_cast<double>(first_day_of(last_year_ + 1) - first_day_of(first_year_));
  }

  std::string item_format() const override {
    return "dates as people write them, day first, such as 'Wednesday, 3rd of March 2021' or '3.3.21'";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      const std::string text(trimmed(line));
      const auto is_ascii = [](char letter) { return letter >= ' ' && letter < 127; };
      if (!std::all_of(text.begin(), text.end(), is_ascii) || text.size() > static_cast<std::size_t>(kLongest)) {
        throw Error(kName, "a date of at most " + std::to_string(kLongest) + " characters of ASCII was expected; " +
                               data::came(text) + " came; write it as in training.");
      }
      // Which date it is, is not known.
      write(text, Date(first_day_of(first_year_)), 0, Tensors(batch), 0);
    });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const Type type{Shape{batch.rows(), kOutputs}, Kind::kIndex};
    const Index* answers = require_output(outputs, "answers", type, kName).index() + row * kOutputs;
    std::string text;
    for (Extent i = 0; i < kOutputs; ++i) {
      text += answers[i] == kHyphen ? '-' : answers[i] >= 0 && answers[i] < 10 ? static_cast<char>('0' + answers[i]) : '?';
    }
    return text + "\n";
  }

 private:
  struct Tensors {
    explicit Tensors(Batch& batch)
        : source(batch.make("source", {Shape{batch.rows(), kLongest}, Kind::kIndex})),
          targets(batch.make("targets", {Shape{batch.rows(), kOutputs}, Kind::kIndex})),
          form(batch.make("form", {Shape{batch.rows()}, Kind::kIndex})) {}

    Tensor source;   // [B, 34]
    Tensor targets;  // [B, 10]
    Tensor form;     // [B]
  };

  static void write(const std::string& text, const Date& date, Index form, const Tensors& made, Extent b) {
    write_source(text, made.source.index() + b * kLongest);
    write_target(date, made.targets.index() + b * kOutputs);
    made.form.index()[b] = form;
  }

  /// A year without its century is written where POSIX reads it back: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068.
  static std::size_t form_for(Rng& rng, const Date& date) {
    const bool may_drop_century = date.year >= 1969 && date.year <= 2068;
    while (true) {
      const auto form = static_cast<std::size_t>(rng.below(static_cast<Extent>(kForms.size())));
      if (may_drop_century || (form != 6 && form != 8)) return form;
    }
  }

  static void write_source(const std::string& text, Index* out) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(kLongest); ++i) {
      out[i] = i < text.size() ? static_cast<Index>(text[i]) : Index{0};
    }
  }

  static void write_target(const Date& date, Index* out) {
    const std::string text = number(date.year, 4) + "-" + number(date.month, 2) + "-" + number(date.day, 2);
    for (const char character : text) *out++ = character == '-' ? kHyphen : static_cast<Index>(character - '0');
  }

  Extent first_year_ = 1950;
  Extent last_year_ = 2049;
};

FOVEA_TASK("date_translation", DateTranslation, R"doc(
Date translation: a date as people write it, answered by ISO 8601, character by character.

Example   "Wednesday, 3rd of March 2021", "mar 3, 2021", "3.3.21" -> 2021-03-03.
Inputs    source Index [B, 34], ASCII codes, 0 past the end; targets Index [B, 10], 0 to 9 for the digits, 10 for the
          hyphen; form Index [B], which way of writing it is. Dates are uniform in the years first_year to last_year.
Forms     ten, equally frequent: names of months in full or short, weekdays, ordinals, lower and upper case, separators,
          day first (3/4/2021 is the 3rd of April), year first, eight digits alone, and years of two digits, which are
          those from 1969 to 2068.
Splits    by date: a hash puts every date into one of training (8 of 10), validation (1) and test (1), in all its forms.
Judges    output "answers", Index [B, 10]: exact_match, character_accuracy. Slices by form.
Chance    one over the number of days.
Errors    first_year above last_year; an output of another shape.
Source    after the exercise of Ng, Katanforoosh & Mourri 2018 (Sequence Models, "Neural machine translation with
          attention"), whose dates come from a generator of names and places; written anew.
)doc");

}  // namespace
}  // namespace fovea
