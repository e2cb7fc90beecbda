#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fovea {

/// A value of JSON as a tree. The members of an object keep their order; a number without fraction and exponent is an
/// std::int64_t, or an std::uint64_t where it is too large. What `json_text` wrote is read back and written again byte for
/// byte.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;
  using Value = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object>;

  Json() = default;
  // A tree is written as it reads. NOLINTBEGIN(google-explicit-constructor,bugprone-forwarding-reference-overload)
  template <class T>
    requires std::is_constructible_v<Value, T&&> Json(T&& value) : value_(std::forward<T>(value)) {}
    // NOLINTEND(google-explicit-constructor,bugprone-forwarding-reference-overload)

    const Value& value() const { return value_; }
    template <class T>
    bool is() const {
      return std::holds_alternative<T>(value_);
    }
    bool is_number() const { return is<std::int64_t>() || is<std::uint64_t>() || is<double>(); }
    /// Errors: std::bad_variant_access for a value of another type.
    template <class T>
    const T& as() const {
      return std::get<T>(value_);
    }
    bool operator==(const Json&) const = default;

   private:
    Value value_ = nullptr;
};

/// The tree as text, each level indented by two spaces more.
///
/// Errors    Error for a text that is not UTF-8.
std::string json_text(const Json& json);
/// The same without blanks and on one line.
std::string json_line(const Json& json);

/// Reads a text; nullopt where it is not JSON, or an object has a name twice, with the reason in `problem` where one is
/// given.
std::optional<Json> parse_json(std::string_view text, std::string* problem = nullptr);

}  // namespace fovea
