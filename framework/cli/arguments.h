#pragma once

#include <iosfwd>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "framework/core/real.h"

namespace fovea::cli {

struct Command;

/// Whole numbers from `low` to `high`, both included.
struct Range {
  Extent low = 0;
  Extent high = std::numeric_limits<Extent>::max();
};

/// The arguments of a command, listed once: parsing, help and the error for an unknown option come from the same list. Help
/// shows them in this order; what is not given keeps its value.
///
///     void fields(ArgumentList& list) {
///       list.word("task", task, "a task (fovea list task)");
///       list.option("--count", count, "items, >= 1", {1, 1000});
///     }
class ArgumentList {
 public:
  using Target = std::variant<std::string*, std::vector<std::string>*, Extent*, bool*>;
  enum class Trait : std::uint8_t { kNone, kRequired, kHidden };

  struct Argument {
    std::string name;  // begins with '-', unless it is known by its place
    Target target;
    std::string help;  // one line with unit and range
    Range range;       // of numbers
    Trait trait;
  };

  /// A word known by its place, which must be given.
  void word(std::string name, std::string& value, std::string help) { add(name, &value, help, Trait::kRequired); }
  void optional_word(std::string name, std::string& value, std::string help) { add(name, &value, help); }
  /// All words that follow.
  void words(std::string name, std::vector<std::string>& values, std::string help) { add(name, &values, help); }

  void option(std::string name, std::string& value, std::string help) { add(name, &value, help); }
  void option(std::string name, Extent& value, std::string help, Range range) {
    add(name, &value, help);
    arguments_.back().range = range;
  }
  /// May be given several times, with one value each time.
  void repeated(std::string name, std::vector<std::string>& values, std::string help) { add(name, &values, help); }
  void flag(std::string name, bool& value, std::string help) { add(name, &value, help); }
  /// Not in the help: for a program that starts another.
  void hidden_flag(std::string name, bool& value, std::string help) { add(name, &value, help, Trait::kHidden); }

  const std::vector<Argument>& arguments() const { return arguments_; }

 private:
  void add(std::string& name, Target target, std::string& help, Trait trait = Trait::kNone) {
    arguments_.push_back({std::move(name), target, std::move(help), {}, trait});
  }

  std::vector<Argument> arguments_;
};

/// Parses the words after the name of a command. False: its help was printed to `out` instead.
///
/// Errors    UsageError for a missing argument, a value of the wrong type or out of range, one argument too many, and an
///           unknown option, with the nearest known one.
bool parse(const Command& command, const ArgumentList& list, std::span<const std::string> words, std::ostream& out);

}  // namespace fovea::cli
