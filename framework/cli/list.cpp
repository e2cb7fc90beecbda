#include <ostream>

#include "framework/cli/command.h"
#include "framework/cli/plugin_library.h"
#include "framework/cli/wrapping.h"
#include "framework/core/registry.h"

namespace fovea::cli {
namespace {

struct Arguments {
  std::string kind;  // empty: all
  std::vector<std::string> plugins;

  void fields(ArgumentList& list) {
    list.optional_word("kind", kind, "selector, scorer, experiment, ...; none: all");
    add_plugins(list, plugins);
  }
};

int list(const Arguments& arguments, const Console& console) {
  load_plugins(arguments.plugins);
  const Catalogue& catalogue = Catalogue::instance();
  catalogue.throw_kept_error();
  const std::vector<std::string> kinds = catalogue.kinds();
  bool is_known = arguments.kind.empty();
  std::string text;
  for (const std::string& kind : kinds) {
    if (!arguments.kind.empty() && kind != arguments.kind) continue;
    is_known = true;
    std::vector<std::vector<std::string>> rows;
    for (const PluginInfo& info : catalogue.all(kind)) rows.push_back({"  " + info.name, first_line(info.doc)});
    text += (text.empty() ? "" : "\n") + kind + '\n' + wrapped_table(rows, width_for(console.out));
  }
  if (!is_known) throw UsageError("kind", unknown_name(arguments.kind, kinds));
  console.out << text;
  return kOk;
}

}  // namespace

const Command kList = {"list", "list the known plugins, of all kinds or of one", "  fovea list\n  fovea list scorer\n",
                       run_with<Arguments, list>};

}  // namespace fovea::cli
