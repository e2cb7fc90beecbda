#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/real.h"

namespace fovea {

class Rng;

/// What a sweep varies: one key, or several that go together, and the values that they take.
///
/// A value is the text of a setting, as it stands behind "key=" on a command line. Drawn and computed reals are rounded to
/// six significant digits, steps of a range to twelve, and written so that they read back as exactly the same number; whole
/// numbers are written without an exponent.
class Dimension {
 public:
  const std::vector<std::string>& keys() const { return keys_; }
  /// What was behind the '=': "choice(1, 2)".
  const std::string& text() const { return text_; }
  /// "lr=choice(1, 2)", "zip(a, b)=choice(1 2, 3 4)".
  std::string call() const;

  /// The number of values; nothing where they are drawn from an interval.
  std::optional<Extent> count() const;
  /// One text for each key; `index` in [0, count).
  std::vector<std::string> value(Extent index) const;
  /// One of the values: uniform, or uniform in the logarithm.
  std::vector<std::string> draw(Rng& random) const;

 private:
  friend std::optional<Dimension> parse_dimension(std::string_view setting);
  enum class Law : std::uint8_t { kListed, kIntegers, kUniform, kLogUniform };

  void read_choice(std::string_view inner);
  void read_range(const std::vector<std::string_view>& parts);
  void read_log_range(const std::vector<std::string_view>& parts);
  void read_integers(const std::vector<std::string_view>& parts);
  void read_interval(const std::vector<std::string_view>& parts, Law law);
  void expect_one_key(std::string_view name) const;

  std::vector<std::string> keys_;
  std::string text_;
  Law law_ = Law::kListed;
  std::vector<std::vector<std::string>> values_;  // [value, key], of kListed
  Extent first_ = 0, last_ = 0;                   // of kIntegers
  double low_ = 0, high_ = 0;                     // of the others
};

/// Reads "key=choice(a, b)" (';' separates where an alternative holds a comma), "key=range(low, high, step)",
/// "key=log_range(low, high, count)", "key=uniform(low, high)", "key=log_uniform(low, high)", "key=integers(low, high)" and
/// "zip(a, b)=choice(64 1, 128 2)". Nothing for any other value: that is a fixed one, also in quotes.
///
/// Errors    Error at the key: too few or too many numbers, ends in the wrong order, an alternative that comes twice.
std::optional<Dimension> parse_dimension(std::string_view setting);

}  // namespace fovea
