#include "framework/report/vega_library.h"

#include <fmt/format.h>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "/usr/share/javascript/vega";

/// The name by which other parts ask for it, and its file.
struct Part {
  const char* name;
  const char* file;
};
constexpr std::array kParts = {Part{"vega-util", "vega-util"},
                               Part{"vega-time", "vega-time"},
                               Part{"vega-format", "vega-format"},
                               Part{"vega-loader", "vega-loader"},
                               Part{"vega-dataflow", "vega-dataflow"},
                               Part{"vega-scale", "vega-scale"},
                               Part{"vega-canvas", "vega-canvas"},
                               Part{"vega-scenegraph", "vega-scenegraph"},
                               Part{"vega-statistics", "vega-statistics"},
                               Part{"vega-transforms", "vega-transforms"},
                               Part{"vega-view-transforms", "vega-view-transforms"},
                               Part{"vega-encode", "vega-encode"},
                               Part{"vega-geo", "vega-geo"},  // the heat map of a large matrix
                               Part{"vega-expression", "vega-expression"},
                               Part{"vega-selections", "vega-selection"},
                               Part{"vega-functions", "vega-functions"},
                               Part{"vega-runtime", "vega-runtime"},
                               Part{"vega-view", "vega-view"},
                               Part{"vega-event-selector", "vega-event-selector"},
                               Part{"vega-parser", "vega-parser"},
                               Part{"vega-interpreter", "vega-interpreter"}};

/// What the parts expect of their surroundings: require, and the two names that are theirs in the end. No figure has a map
/// of the earth, so that there are no projections.
constexpr const char* kBegin = R"js(const vega = (() => {
  const parts = {}, made = {"vega-projection": {projection: () => undefined, getProjectionPath: () => undefined}};
  function need(name) {
    if (!made[name]) {
      const module = {exports: (made[name] = {})};
      parts[name](module, module.exports, need);
      made[name] = module.exports;
    }
    return made[name];
  }
)js";
constexpr const char* kEnd = R"js(
  for (const name of ["transforms", "view-transforms", "encode", "geo"]) {
    Object.assign(need("vega-dataflow").transforms, need("vega-" + name));
  }
  return {parse: need("vega-parser").parse, View: need("vega-view").View,
    expressionInterpreter: need("vega-interpreter").expressionInterpreter};
})();
)js";

fs::path folder() {
  const char* const given = std::getenv("FOVEA_VEGA");
  return given == nullptr || *given == '\0' ? kFolder : given;
}

std::string file_name(const Part& part) { return fmt::format("{}.min.js", part.file); }

std::string text_of_part(const Part& part) {
  const fs::path file = folder() / file_name(part);
  std::error_code none;
  if (!fs::is_regular_file(file, none)) {
    throw Error("report",
                fmt::format("expected the scripts of Vega, which draw the figures; there is no {}; install them (apt-get "
                            "install libjs-vega).",
                            file.string()));
  }
  const std::vector<std::byte> bytes = read_file(file);
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto map = text.rfind("//# sourceMappingURL");  // of another file, which a page must not ask for
  if (map != std::string::npos) text.erase(map);
  if (text.find("</script") == std::string::npos && text.find("<!--") == std::string::npos) return text;
  throw Error(file.string(),
              "expected a script that can stand in a page; it has '</script' or '<!--'; install another version of Vega 5.");
}

}  // namespace

std::vector<std::string> vega_files() {
  std::vector<std::string> files;
  files.reserve(kParts.size());
  for (const Part& part : kParts) files.push_back(file_name(part));
  return files;
}

std::string vega_script() {
  std::string script = kBegin;
  for (const Part& part : kParts) {
    script +=
        fmt::format("parts[\"{}\"] = function (module, exports, require) {{\n{}\n}};\n", part.name, text_of_part(part));
  }
  return script + kEnd;
}

}  // namespace fovea
