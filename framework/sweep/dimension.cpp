#include "framework/sweep/dimension.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <cmath>

#include "framework/core/error.h"
#include "framework/core/options.h"
#include "framework/core/rng.h"
#include "framework/core/text.h"
#include "framework/core/whole.h"

namespace fovea {
namespace {

constexpr Extent kMostListed = 1'000'000;

std::vector<std::string_view> trimmed_parts(std::string_view text, char separator) {
  std::vector<std::string_view> parts = split_outside(text, separator);
  for (std::string_view& part : parts) part = trimmed(part);
  return parts;
}

template <class Number>
std::optional<Number> read_number(std::string_view text) {
  Number value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

double real_of(std::string_view text) {
  const std::optional<double> value = read_number<double>(text);
  if (!value || !std::isfinite(*value)) {
    throw Error("a finite number was expected; " + in_quotes(text) + " came; write it as in 0.001 or 1e-3.");
  }
  return *value;
}

Extent whole_of(std::string_view text) {
  const std::optional<Extent> value = read_number<Extent>(text);
  if (!value) throw Error("a whole number was expected; " + in_quotes(text) + " came; write it as in 128.");
  return *value;
}

double rounded(double value, int digits) {
  double result = value;
  const std::string text = fmt::format("{:.{}e}", value, digits - 1);
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

constexpr int kDrawnDigits = 6;
constexpr int kStepDigits = 12;

void expect_parts(const std::vector<std::string_view>& parts, std::size_t count, const char* form) {
  if (parts.size() == count) return;
  const std::size_t came = parts.size() == 1 && parts[0].empty() ? 0 : parts.size();
  throw Error(fmt::format("{} was expected; {} values came; give {}.", form, came, count));
}

void expect_order(bool is_ordered, std::string_view low, std::string_view high) {
  if (is_ordered) return;
  throw Error("a low end below the high one was expected; " + in_quotes(low) + " and " + in_quotes(high) +
              " came; exchange them, or give one value.");
}

void expect_not_too_many(double count) {
  if (count <= static_cast<double>(kMostListed)) return;
  throw Error(fmt::format("at most {} values were expected; {:.3g} came; take a larger step, or integers(low, high).",
                          kMostListed, count));
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string_view part : split_outside(text, ' ')) {
    if (!trimmed(part).empty()) words.emplace_back(trimmed(part));
  }
  return words;
}

/// "choice" and what stands in its parentheses; empty where the text is no call as a whole.
struct Form {
  std::string_view name;
  std::string_view inner;
};

std::optional<Form> form_of(std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) return std::nullopt;
  const std::string_view name = trimmed(text.substr(0, open));
  static constexpr std::string_view kNames[] = {"choice", "range", "log_range", "uniform", "log_uniform", "integers"};
  if (std::find(std::begin(kNames), std::end(kNames), name) == std::end(kNames)) return std::nullopt;
  if (after_parenthesis(text, open) != text.size()) {
    throw Error("nothing behind the parentheses of " + std::string(name) + " was expected; " + in_quotes(text) +
                " came; put a value that is meant as it stands in double quotes.");
  }
  return Form{name, text.substr(open + 1, text.size() - open - 2)};
}

std::vector<std::string> keys_of(std::string_view text) {
  static constexpr std::string_view kZip = "zip(";
  if (text.substr(0, kZip.size()) != kZip) return {std::string(text)};
  if (after_parenthesis(text, kZip.size() - 1) != text.size()) {
    throw Error("zip(key, key)=choice(...) was expected; " + in_quotes(text) + " came; put '=' behind the parentheses.");
  }
  std::vector<std::string> keys;
  for (const std::string_view key : trimmed_parts(text.substr(kZip.size(), text.size() - kZip.size() - 1), ',')) {
    if (key.empty()) throw Error("a key was expected between the commas of zip; none came; name the keys that go together.");
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) {
      throw Error("each key of zip was expected once; " + in_quotes(key) + " came twice; leave one out.");
    }
    keys.emplace_back(key);
  }
  if (keys.size() < 2) throw Error("two keys or more were expected in zip; one came; write key=choice(...).");
  return keys;
}

}  // namespace

std::string Dimension::call() const {
  return keys_.size() == 1 ? keys_[0] + "=" + text_ : fmt::format("zip({})={}", fmt::join(keys_, ", "), text_);
}

std::optional<Extent> Dimension::count() const {
  if (law_ == Law::kListed) return static_cast<Extent>(values_.size());
  if (law_ == Law::kIntegers) return last_ - first_ + 1;
  return std::nullopt;
}

std::vector<std::string> Dimension::value(Extent index) const {
  if (law_ == Law::kIntegers) return {std::to_string(first_ + index)};
  return values_[static_cast<std::size_t>(index)];
}

std::vector<std::string> Dimension::draw(Rng& random) const {
  if (const std::optional<Extent> values = count()) return value(random.below(*values));
  const double drawn =
      law_ == Law::kUniform ? random.uniform(low_, high_) : std::exp(random.uniform(std::log(low_), std::log(high_)));
  return {number_text(std::clamp(rounded(drawn, kDrawnDigits), low_, high_))};
}

void Dimension::expect_one_key(std::string_view name) const {
  if (keys_.size() == 1) return;
  throw Error("choice(...) was expected behind zip; " + std::string(name) + "(...) came; list the values that go together.");
}

void Dimension::read_choice(std::string_view inner) {
  std::vector<std::string_view> parts = trimmed_parts(inner, ';');
  if (parts.size() == 1) parts = trimmed_parts(inner, ',');
  for (const std::string_view part : parts) {
    if (part.empty()) {
      throw Error("an alternative was expected between the separators of choice; none came; \"\" stands for an empty text.");
    }
    std::vector<std::string> value = keys_.size() == 1 ? std::vector<std::string>{std::string(part)} : words_of(part);
    if (value.size() != keys_.size()) {
      throw Error(
          fmt::format("{} values with blanks between were expected in each alternative; {} came; give one to each key.",
                      keys_.size(), in_quotes(part)));
    }
    if (std::find(values_.begin(), values_.end(), value) != values_.end()) {
      throw Error("each alternative was expected once; " + in_quotes(part) + " came twice; leave one out.");
    }
    values_.push_back(std::move(value));
  }
}

void Dimension::read_range(const std::vector<std::string_view>& parts) {
  expect_parts(parts, 3, "range(low, high, step)");
  const double low = real_of(parts[0]);
  const double high = real_of(parts[1]);
  const double step = real_of(parts[2]);
  expect_order(low <= high, parts[0], parts[1]);
  if (!(step > 0))
    throw Error("a step above 0 was expected; " + in_quotes(parts[2]) + " came; give the distance of two values.");
  expect_not_too_many((high - low) / step);
  const std::optional<Extent> whole_low = read_number<Extent>(parts[0]);
  const std::optional<Extent> whole_step = read_number<Extent>(parts[2]);
  const auto count = static_cast<Extent>(std::floor((high - low) / step + 1e-9)) + 1;
  for (Extent i = 0; i < count; ++i) {
    values_.push_back({whole_low && whole_step
                           ? std::to_string(capped_sum(*whole_low, capped_product(i, *whole_step)))
                           : number_text(std::min(rounded(low + static_cast<double>(i) * step, kStepDigits), high))});
  }
}

void Dimension::read_log_range(const std::vector<std::string_view>& parts) {
  expect_parts(parts, 3, "log_range(low, high, count)");
  const double low = real_of(parts[0]);
  const double high = real_of(parts[1]);
  const Extent count = whole_of(parts[2]);
  expect_order(low < high, parts[0], parts[1]);
  if (!(low > 0)) throw Error("ends above 0 were expected; " + in_quotes(parts[0]) + " came; a logarithm has no other.");
  if (count < 2) throw Error("two values or more were expected; " + in_quotes(parts[2]) + " came; both ends are values.");
  expect_not_too_many(static_cast<double>(count));
  for (Extent i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(count - 1);
    const double inner = rounded(std::exp(std::log(low) + share * (std::log(high) - std::log(low))), kDrawnDigits);
    values_.push_back({number_text(i == 0 ? low : i == count - 1 ? high : inner)});
    if (i > 0 && values_[static_cast<std::size_t>(i)] == values_[static_cast<std::size_t>(i) - 1]) {
      throw Error(
          "values that differ in six digits were expected; there are too many between the ends; take a smaller count.");
    }
  }
}

void Dimension::read_integers(const std::vector<std::string_view>& parts) {
  expect_parts(parts, 2, "integers(low, high)");
  law_ = Law::kIntegers;
  first_ = whole_of(parts[0]);
  last_ = whole_of(parts[1]);
  expect_order(first_ <= last_, parts[0], parts[1]);
  constexpr Extent kFurthest = Extent{1} << 53;
  if (first_ < -kFurthest || last_ > kFurthest) {
    throw Error("whole numbers of at most 2^53 were expected; larger ones came; take smaller ends.");
  }
}

void Dimension::read_interval(const std::vector<std::string_view>& parts, Law law) {
  expect_parts(parts, 2, law == Law::kUniform ? "uniform(low, high)" : "log_uniform(low, high)");
  law_ = law;
  low_ = real_of(parts[0]);
  high_ = real_of(parts[1]);
  expect_order(low_ < high_, parts[0], parts[1]);
  if (law == Law::kLogUniform && !(low_ > 0)) {
    throw Error("ends above 0 were expected; " + in_quotes(parts[0]) + " came; a logarithm has no other.");
  }
}

std::optional<Dimension> parse_dimension(std::string_view setting) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw Error("sweep", "a setting of the form key=value was expected, such as steps=200; " + in_quotes(setting) +
                             " came; see 'fovea sweep --help'.");
  }
  Dimension dimension;
  try {
    dimension.keys_ = keys_of(trimmed(setting.substr(0, equals)));
    const std::string_view text = trimmed(setting.substr(equals + 1));
    const std::optional<Form> form = form_of(text);
    if (!form && dimension.keys_.size() > 1) dimension.expect_one_key("another value");
    if (!form) return std::nullopt;
    dimension.text_ = text;
    if (form->name == "choice") {
      dimension.read_choice(form->inner);
      return dimension;
    }
    dimension.expect_one_key(form->name);
    const std::vector<std::string_view> parts = trimmed_parts(form->inner, ',');
    if (form->name == "range") dimension.read_range(parts);
    if (form->name == "log_range") dimension.read_log_range(parts);
    if (form->name == "integers") dimension.read_integers(parts);
    if (form->name == "uniform") dimension.read_interval(parts, Dimension::Law::kUniform);
    if (form->name == "log_uniform") dimension.read_interval(parts, Dimension::Law::kLogUniform);
  } catch (const Error& error) {
    throw error.at(trimmed(setting.substr(0, equals)));
  }
  return dimension;
}

}  // namespace fovea
