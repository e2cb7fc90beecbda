#include "framework/core/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "framework/core/error.h"
#include "framework/core/text.h"

namespace fovea {
namespace {

std::string bounds_text(const Bounds& bounds) {
  const bool low = std::isfinite(bounds.low);
  const bool high = std::isfinite(bounds.high);
  if (low && high) return "from " + number_text(bounds.low) + " to " + number_text(bounds.high);
  if (low) return ">= " + number_text(bounds.low);
  return high ? "<= " + number_text(bounds.high) : "any";
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string range_of(const Options::Field& field) {
  if (!field.choices.empty()) return "one of " + joined(field.choices);
  const bool low = std::isfinite(field.bounds.low);
  const bool high = std::isfinite(field.bounds.high);
  if (low && high) return "[" + number_text(field.bounds.low) + ", " + number_text(field.bounds.high) + "]";
  return low || high ? bounds_text(field.bounds) : "";
}

[[noreturn]] void reject(const Options::Field& field, const std::string& expected, std::string_view came) {
  throw Error("option '" + field.name + "' is " + expected + "; " + in_quotes(came) + " came; " + field.name + ": " +
              field.help + ".");
}

template <class Number>
Number parse_number(const Options::Field& field, std::string_view text, const char* noun) {
  Number value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || text.empty()) reject(field, noun, text);
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(value)) reject(field, "a finite number", text);
  }
  if (static_cast<double>(value) < field.bounds.low || static_cast<double>(value) > field.bounds.high) {
    reject(field, std::string(noun) + ", " + bounds_text(field.bounds), text);
  }
  return value;
}

std::vector<Extent> parse_list(const Options::Field& field, std::string_view text) {
  std::vector<Extent> values;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    values.push_back(parse_number<Extent>(field, text.substr(begin, comma - begin), "a list of whole numbers"));
    begin = comma + 1;
  }
  return values;
}

bool parse_flag(const Options::Field& field, std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  reject(field, "true or false", text);
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

Call::Argument parse_argument(std::string_view text) {
  // "name=value"; an "=" after a parenthesis or a quote belongs to a nested call or to a text.
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || text.find_first_of("(\"") < equals) return {"", option_value(text)};
  const std::string_view name = trimmed(text.substr(0, equals));
  if (!is_name(name)) {
    throw Error("an option such as k=8 was expected; " + in_quotes(text) + " came; write the name of an option before '='.");
  }
  return {std::string(name), option_value(trimmed(text.substr(equals + 1)))};
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// What to do about a positional argument too many: two whole numbers in a row may be one with a decimal comma.
std::string remedy_of(const Call& call, std::size_t place) {
  const std::string& value = call.arguments[place].value;
  const std::string before = place == 0 ? "" : call.arguments[place - 1].value;
  if (!is_digits(value) || !is_digits(before)) return "give it a name, option=value, or remove it";
  return "write a number with a decimal point, " + before + "." + value + ", or give the option a name";
}

}  // namespace

std::string number_text(double value) {
  std::array<char, 32> buffer{};
  const bool is_whole =
      std::abs(value) < 9007199254740992.0 && value == std::trunc(value) && !(value == 0 && std::signbit(value));
  char* const begin = buffer.data();
  const auto end = is_whole ? std::to_chars(begin, begin + buffer.size(), value, std::chars_format::fixed).ptr
                            : std::to_chars(begin, begin + buffer.size(), value).ptr;
  return {begin, end};
}

void Options::add(std::string name, Extent& value, std::string help, Bounds bounds) {
  fields_.push_back({std::move(name), &value, std::move(help), bounds, {}});
}

void Options::add(std::string name, double& value, std::string help, Bounds bounds) {
  fields_.push_back({std::move(name), &value, std::move(help), bounds, {}});
}

void Options::add(std::string name, bool& value, std::string help) {
  fields_.push_back({std::move(name), &value, std::move(help), {}, {}});
}

void Options::add(std::string name, std::string& value, std::string help, std::vector<std::string> choices) {
  fields_.push_back({std::move(name), &value, std::move(help), {}, std::move(choices)});
}

void Options::add(std::string name, std::vector<Extent>& value, std::string help, Bounds bounds) {
  fields_.push_back({std::move(name), &value, std::move(help), bounds, {}});
}

std::vector<std::string> Options::names() const {
  std::vector<std::string> names;
  for (const Field& field : fields_) names.push_back(field.name);
  return names;
}

std::vector<Options::Description> Options::descriptions() const {
  static constexpr const char* kTypes[] = {"integer", "real", "bool", "text", "integers"};
  std::vector<Description> descriptions;
  for (const Field& field : fields_) {
    descriptions.push_back({field.name, text(field.name), kTypes[field.target.index()], range_of(field), field.help});
  }
  return descriptions;
}

bool Options::knows(std::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](const Field& field) { return field.name == name; });
}

const Options::Field& Options::find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (field.name == name) return field;
  }
  throw Error("options", unknown_name(name, names()));
}

void Options::set(std::string_view name, std::string_view value) {
  const Field& field = find(name);
  if (auto* const* whole = std::get_if<Extent*>(&field.target)) {
    **whole = parse_number<Extent>(field, value, "a whole number");
  } else if (auto* const* number = std::get_if<double*>(&field.target)) {
    **number = parse_number<double>(field, value, "a number");
  } else if (auto* const* flag = std::get_if<bool*>(&field.target)) {
    **flag = parse_flag(field, value);
  } else if (auto* const* list = std::get_if<std::vector<Extent>*>(&field.target)) {
    **list = parse_list(field, value);
  } else {
    if (!field.choices.empty() && std::find(field.choices.begin(), field.choices.end(), value) == field.choices.end()) {
      throw Error("option '" + field.name + "': " + unknown_name(value, field.choices));
    }
    if (!is_utf8(value)) reject(field, "text in UTF-8", value);
    *std::get<std::string*>(field.target) = std::string(value);
  }
}

void Options::check() {
  for (const Field& field : fields_) set(field.name, text(field.name));
}

std::string Options::text(std::string_view name) const {
  const Field& field = find(name);
  if (auto* const* whole = std::get_if<Extent*>(&field.target)) return std::to_string(**whole);
  if (auto* const* number = std::get_if<double*>(&field.target)) return number_text(**number);
  if (auto* const* flag = std::get_if<bool*>(&field.target)) return **flag ? "true" : "false";
  if (auto* const* text = std::get_if<std::string*>(&field.target)) return **text;
  std::string joined;
  for (const Extent value : *std::get<std::vector<Extent>*>(field.target)) {
    joined += (joined.empty() ? "" : ",") + std::to_string(value);
  }
  return joined;
}

std::vector<std::pair<std::string, std::string>> Options::values() const {
  std::vector<std::pair<std::string, std::string>> values;
  for (const Field& field : fields_) values.emplace_back(field.name, text(field.name));
  return values;
}

Call parse_call(std::string_view text) {
  const std::string_view whole = trimmed(text);
  const auto open = whole.find('(');
  const std::string_view name = trimmed(whole.substr(0, open));
  if (!is_name(name)) {
    throw Error("a name such as top_k or top_k(8) was expected; " + in_quotes(text) + " came; write name(option=value).");
  }
  Call call{std::string(name), {}};
  if (open == std::string_view::npos) return call;
  if (const std::size_t end = after_parenthesis(whole, open); end != whole.size()) {
    throw Error("the end was expected at column " + std::to_string(end + 1) + " of " + in_quotes(whole) +
                "; more text came; check the parentheses.");
  }
  const std::string_view inside = whole.substr(open + 1, whole.size() - open - 2);
  if (trimmed(inside).empty()) return call;
  for (const std::string_view part : split_outside(inside, ',')) {
    if (trimmed(part).empty()) {
      throw Error("an option was expected at column " + std::to_string(part.data() + part.size() - whole.data() + 1) +
                  " of " + in_quotes(whole) + "; '" + part.data()[part.size()] + "' came; remove the comma.");
    }
    call.arguments.push_back(parse_argument(trimmed(part)));
  }
  return call;
}

std::vector<Call::Argument> named_arguments(const Call& call, const Options& options) {
  std::vector<Call::Argument> named;
  bool is_by_name = false;
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    Call::Argument argument = call.arguments[i];
    is_by_name = is_by_name || !argument.name.empty();
    if (argument.name.empty() && is_by_name) {
      throw Error("a name was expected after named options; " + in_quotes(argument.value) + " came without; " +
                  remedy_of(call, i) + ".");
    }
    if (argument.name.empty() && i == options.fields().size()) {
      throw Error(call.name + " takes " + std::to_string(i) + (i == 1 ? " option; " : " options; ") +
                  in_quotes(argument.value) + " is one more; " + remedy_of(call, i) + ".");
    }
    if (argument.name.empty()) argument.name = options.fields()[i].name;
    for (const Call::Argument& other : named) {
      if (other.name != argument.name) continue;
      throw Error("option '" + argument.name + "' was expected once; " + in_quotes(other.value) + " and " +
                  in_quotes(argument.value) + " came; remove one.");
    }
    named.push_back(std::move(argument));
  }
  return named;
}

void apply(const Call& call, Options& options) {
  for (const Call::Argument& argument : named_arguments(call, options)) options.set(argument.name, argument.value);
}

std::string canonical(std::string_view name, const Options& options) {
  std::string text(name);
  const auto values = options.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    text += (i == 0 ? "(" : ", ") + values[i].first + "=" + option_word(values[i].second);
  }
  return values.empty() ? text : text + ")";
}

}  // namespace fovea
