#include <fmt/format.h>
#include <algorithm>
#include <ostream>

#include "framework/cli/command.h"
#include "framework/cli/plugin_library.h"
#include "framework/cli/screen.h"
#include "framework/cli/wrapping.h"

namespace fovea::cli {
namespace {

struct Arguments {
  std::string name;
  std::vector<std::string> plugins;

  void fields(ArgumentList& list) {
    list.word("name", name, "name of a plugin");
    add_plugins(list, plugins);
  }
};

/// An option with two or three lines, for narrow terminals.
std::string option_text(const Options::Description& one, std::size_t width) {
  const std::string kind = one.type + (one.range.empty() ? "" : ", " + one.range);
  const std::string head = wrapped("  " + one.name + "=" + one.value, width, 6);
  return head + '\n' + wrapped("      " + one.help + " (" + kind + ")", width, 6) + '\n';
}

std::string options_text(const std::vector<Options::Description>& options, std::size_t width) {
  std::vector<std::vector<std::string>> rows = {{"  option", "default", "type", "range", "help"}};
  for (const Options::Description& one : options)
    rows.push_back({"  " + one.name, one.value, one.type, one.range, one.help});
  const std::string table = table_text(rows);
  std::size_t widest = 0;
  for (std::size_t at = 0; at < table.size(); at = table.find('\n', at) + 1) {
    widest = std::max(widest, table.find('\n', at) - at);
  }
  if (widest <= width) return table;
  std::string text;
  for (const Options::Description& one : options) text += option_text(one, width);
  return text;
}

std::string settings_text(std::size_t width) {
  TrainSettings settings;
  Options options;
  settings.fields(options);
  return "\nTraining settings of any experiment (the defaults before a run changes them)\n" +
         options_text(options.descriptions(), width);
}

std::string trimmed(const std::string& doc) {
  const std::size_t begin = doc.find_first_not_of(" \n");
  const std::size_t end = doc.find_last_not_of(" \n");
  return begin == std::string::npos ? "" : doc.substr(begin, end - begin + 1);
}

std::string description(const PluginInfo& info, std::size_t width) {
  const std::vector<Options::Description> options = info.options();
  return fmt::format("{} {}  ({})\n\n{}\n{}{}", info.kind, info.name, info.file, wrapped_doc(trimmed(info.doc), width),
                     options.empty() ? "" : "\nOptions\n" + options_text(options, width),
                     info.kind == Experiment::kKind ? settings_text(width) : "");
}

int describe(const Arguments& arguments, const Console& console) {
  load_plugins(arguments.plugins);
  const Catalogue& catalogue = Catalogue::instance();
  catalogue.throw_kept_error();
  std::vector<std::string> known;
  std::string text;
  for (const PluginInfo& info : catalogue.all()) {
    known.push_back(info.name);
    if (info.name == arguments.name) text += (text.empty() ? "" : "\n") + description(info, width_for(console.out));
  }
  if (text.empty()) {
    const std::string nearest = nearest_name(arguments.name, known);
    throw UsageError("describe", "expected the name of a plugin; there is no '" + arguments.name + "'" +
                                     (nearest.empty() ? "; " : ". Did you mean '" + nearest + "'? ") +
                                     "'fovea list' shows all names, and with --plugin FILE those of a library.");
  }
  console.out << text;
  return kOk;
}

}  // namespace

const Command kDescribe = {"describe", "print the docstring and the options of a plugin",
                           "  fovea describe sort_by_pointing\n  fovea describe softmax\n", run_with<Arguments, describe>};

}  // namespace fovea::cli
