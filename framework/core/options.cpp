#include "framework/core/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "framework/core/error.h"

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
  throw Error("option '" + field.name + "' is " + expected + "; '" + std::string(came) + "' came; " + field.name + ": " +
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

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

Call::Argument parse_argument(std::string_view text) {
  // "name=value"; an "=" after a parenthesis belongs to a nested call.
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || text.find('(') < equals) return {"", std::string(trimmed(text))};
  return {std::string(trimmed(text.substr(0, equals))), std::string(trimmed(text.substr(equals + 1)))};
}

}  // namespace

std::string number_text(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
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
    *std::get<std::string*>(field.target) = std::string(value);
  }
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
    throw Error("a name such as top_k or top_k(8) was expected; '" + std::string(text) +
                "' came; write name(option=value).");
  }
  Call call{std::string(name), {}};
  if (open == std::string_view::npos) return call;
  if (whole.back() != ')') {
    throw Error("')' was expected at column " + std::to_string(whole.size() + 1) + " of '" + std::string(whole) +
                "'; the end came; close the parenthesis.");
  }
  int depth = 0;
  std::size_t begin = open + 1;
  for (std::size_t i = open + 1; i < whole.size(); ++i) {
    const char c = whole[i];
    if (c == '(') ++depth;
    const bool is_end = i + 1 == whole.size();
    if ((c == ',' && depth == 0) || is_end) {
      const std::string_view argument = trimmed(whole.substr(begin, i - begin));
      if (!argument.empty()) {
        call.arguments.push_back(parse_argument(argument));
      } else if (!(is_end && call.arguments.empty())) {
        throw Error("an option was expected at column " + std::to_string(i + 1) + " of '" + std::string(whole) + "'; '" + c +
                    "' came; remove the comma.");
      }
      begin = i + 1;
    }
    if (c == ')' && !is_end && --depth < 0) {
      throw Error("the end was expected at column " + std::to_string(i + 2) + " of '" + std::string(whole) +
                  "'; more text came; check the parentheses.");
    }
  }
  return call;
}

void apply(const Call& call, Options& options) {
  std::size_t position = 0;
  for (const Call::Argument& argument : call.arguments) {
    std::string name = argument.name;
    if (name.empty()) {
      if (position == options.fields().size()) {
        throw Error(call.name + " takes " + std::to_string(options.fields().size()) + " options; '" + argument.value +
                    "' is one more; remove it.");
      }
      name = options.fields()[position++].name;
    }
    options.set(name, argument.value);
  }
}

std::string canonical(std::string_view name, const Options& options) {
  std::string text(name);
  const auto values = options.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    text += (i == 0 ? "(" : ", ") + values[i].first + "=" + values[i].second;
  }
  return values.empty() ? text : text + ")";
}

}  // namespace fovea
