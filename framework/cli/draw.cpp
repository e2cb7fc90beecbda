#include <fmt/format.h>
#include <ostream>
#include <span>

#include "framework/cli/command.h"
#include "framework/cli/output_file.h"
#include "framework/cli/plugin_library.h"
#include "framework/cli/process.h"
#include "framework/cli/resolve.h"

namespace fovea::cli {
namespace {

struct Arguments {
  ExperimentArguments experiment;
  bool ops = false;
  std::string file;
  std::string run;

  void fields(ArgumentList& list) {
    experiment.fields(list);
    list.flag("--ops", ops, "draw every op instead of layers");
    list.option("-o", file, "file to write: .dot, .svg, .png or .pdf; none: dot text on the standard output");
    list.option("--run", run, "name of a run; by default the first one");
    add_plugins(list, experiment.plugins);
  }
};

std::string picture_of(const std::filesystem::path& file, const std::string& format, const std::string& dot) {
  const ProcessResult result = run_filter({"dot", "-T" + format}, dot);
  if (!result.found) {
    throw Error(file.string(),
                "expected the program 'dot' of Graphviz, which draws the picture; it is not installed; "
                "install it (apt-get install graphviz), or write the graph with -o model.dot.");
  }
  if (result.exit_code != 0 || result.output.empty()) {
    throw Error(file.string(),
                fmt::format("expected dot to draw the picture; it ended with code {}: {}; write the graph with "
                            "-o model.dot and try dot on it.",
                            result.exit_code, result.errors.substr(0, result.errors.find('\n'))));
  }
  return result.output;
}

int draw(const Arguments& arguments, const Console& console) {
  const std::filesystem::path file = arguments.file;
  const std::string ending = file.extension().string();
  const bool is_text = ending == ".dot" || ending == ".gv";
  if (!file.empty() && !is_text && ending != ".svg" && ending != ".png" && ending != ".pdf") {
    throw UsageError(file.string(), "expected a file that ends in .dot, .svg, .png or .pdf; '" + ending +
                                        "' came; give one of these endings after -o.");
  }
  if (!file.empty()) check_output(file);
  const ResolvedExperiment experiment = resolve(arguments.experiment);
  const RunSpec& run = find_run(experiment, arguments.run);
  std::string dot;
  try {
    dot = dot_text(*training_graph(run), arguments.ops ? Detail::kOps : Detail::kLayers);
  } catch (const Error& error) {
    throw error.at(experiment.name + "/" + run.name);
  }
  if (file.empty()) {
    console.out << dot;
    return kOk;
  }
  const std::string content = is_text ? dot : picture_of(file, ending.substr(1), dot);
  write_output_file(file, std::as_bytes(std::span(content)));
  console.out << fmt::format("{}: run '{}' of {}\n", file.string(), run.name, experiment.name);
  return kOk;
}

}  // namespace

const Command kDraw = {"draw", "draw the model of an experiment as a graph of layers or of ops",
                       "  fovea draw sort_by_pointing -o model.svg\n  fovea draw sort_by_pointing --ops -o model.dot\n",
                       run_with<Arguments, draw>};

}  // namespace fovea::cli
