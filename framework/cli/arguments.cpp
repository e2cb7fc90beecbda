#include "framework/cli/arguments.h"

#include <fmt/format.h>
// The only source of the framework that includes it: it is as long as everything else together.
#include <CLI/CLI.hpp>
#include <ostream>

#include "framework/cli/command.h"

namespace fovea::cli {
namespace {

void add(CLI::App& app, const ArgumentList::Argument& argument) {
  CLI::Option* option = std::visit(
      [&]<class T>(T* target) {
        if constexpr (std::is_same_v<T, bool>) {
          return app.add_flag(argument.name, *target, argument.help);
        } else {
          return app.add_option(argument.name, *target, argument.help);
        }
      },
      argument.target);
  if (std::holds_alternative<Extent*>(argument.target)) option->check(CLI::Range(argument.range.low, argument.range.high));
  // The word that follows a value belongs to the command.
  if (argument.name[0] == '-') option->allow_extra_args(false);
  if (argument.trait == ArgumentList::Trait::kRequired) option->required();
  if (argument.trait == ArgumentList::Trait::kHidden) option->group("");
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

}  // namespace

bool parse(const Command& command, const ArgumentList& list, std::span<const std::string> words, std::ostream& out) {
  const std::string place = "fovea " + std::string(command.name);
  CLI::App app(command.summary, place);
  app.allow_extras();  // so that an unknown option is answered with the nearest known one
  app.footer(std::string("Examples:\n") + command.examples);
  for (const ArgumentList::Argument& argument : list.arguments()) add(app, argument);
  std::vector<std::string> reversed(words.rbegin(), words.rend());  // as CLI11 takes them
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    out << app.help();
    return false;
  } catch (const CLI::ParseError& error) {
    throw UsageError(place, fmt::format("the command line is wrong: {}; see '{} --help'.", error.what(), place));
  }
  for (const std::string& extra : app.remaining()) {
    if (extra.size() > 1 && extra[0] == '-')
      throw UsageError(place, unknown_name(extra.substr(0, extra.find('=')), option_names(app)));
    throw UsageError(place, fmt::format("expected no further argument; '{}' came; see '{} --help'.", extra, place));
  }
  return true;
}

}  // namespace fovea::cli
