#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "framework/core/real.h"

namespace fovea {

/// Bounds of a number, both included; a value outside is an Error that names them.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

/// The options of a plugin, listed once: defaults, parsing, help, HDF5 attributes and the error for an unknown option
/// all come from the same list.
///
///     void fields(Options& o) {
///       o.add("k", k_, "items kept, >= 1", {.low = 1});
///     }
class Options {
 public:
  using Target = std::variant<Extent*, double*, bool*, std::string*, std::vector<Extent>*>;

  struct Field {
    std::string name;
    Target target;
    std::string help;  // one line with unit and range
    Bounds bounds;
    std::vector<std::string> choices;  // for strings: empty means free text
  };

  void add(std::string name, Extent& value, std::string help, Bounds bounds = {});
  void add(std::string name, double& value, std::string help, Bounds bounds = {});
  void add(std::string name, bool& value, std::string help);
  void add(std::string name, std::string& value, std::string help, std::vector<std::string> choices = {});
  void add(std::string name, std::vector<Extent>& value, std::string help, Bounds bounds = {});  // "5,10,15"

  /// An option as people read it.
  struct Description {
    std::string name;
    std::string value;  // the default, where the plugin was just made
    std::string type;   // integer, real, bool, text or integers
    std::string range;  // ">= 1", "[0, 1]", "one of a, b", or ""
    std::string help;
  };

  const std::vector<Field>& fields() const { return fields_; }
  std::vector<Description> descriptions() const;
  std::vector<std::string> names() const;
  bool knows(std::string_view name) const;

  /// Parses and stores one value. Errors: unknown name (with the nearest), wrong type, out of bounds, not a choice.
  void set(std::string_view name, std::string_view value);
  /// Sets every option to the value it has, for what code has set past `set`. Errors: as `set`.
  void check();
  /// The value as text; `set(name, text(name))` restores it exactly.
  std::string text(std::string_view name) const;
  /// Every option as (name, text), in the order of `add`.
  std::vector<std::pair<std::string, std::string>> values() const;

 private:
  const Field& find(std::string_view name) const;

  std::vector<Field> fields_;
};

/// The shortest text that reads back as exactly this number; whole numbers up to 2^53 are written without an exponent.
std::string number_text(double value);

/// A name with arguments, as in "top_k(8)", "cosine(sharpness=2.5)", "dense": the name of a plugin and its options.
struct Call {
  struct Argument {
    std::string name;  // empty: positional
    std::string value;
  };
  std::string name;
  std::vector<Argument> arguments;
};

/// Parses "name", "name()" or "name(argument, option=argument)". A value with a comma or an odd parenthesis stands in
/// double quotes: text_file(path="a,b.txt"). Errors: anything else, with the column.
Call parse_call(std::string_view text);

/// The arguments of a call by name: positional ones in the order of `add`, then by name.
/// Errors    an option that comes twice, a positional argument after a named one, or more of them than options.
std::vector<Call::Argument> named_arguments(const Call& call, const Options& options);

/// Sets options from the arguments of a call. Errors: as named_arguments and Options::set.
void apply(const Call& call, Options& options);

/// The call with every option spelled out, in the order of `add`: "top_k(k=8)".
std::string canonical(std::string_view name, const Options& options);

}  // namespace fovea
