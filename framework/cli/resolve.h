#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "framework/experiment.h"

namespace fovea::cli {

class ArgumentList;

/// The arguments of every command about an experiment.
struct ExperimentArguments {
  std::string name;
  std::vector<std::string> settings;  // key=value
  Extent threads = 0;                 // 0: one per core
  std::vector<std::string> plugins;   // their option is added by add_plugins: it comes last in the help of every command

  void fields(ArgumentList& list);
  void fields_but_name(ArgumentList& list);
};

/// An experiment with the settings of the command line.
struct ResolvedExperiment {
  std::string name;
  std::vector<std::pair<std::string, std::string>> options;  // its own, all of them
  std::vector<RunSpec> runs;
  std::vector<Comparison> published;
};

/// Sets the number of threads, loads the plugins and makes the runs of the experiment. Of the settings, those of the
/// experiment come first, then the training settings, which apply to every run.
///
/// Errors    UsageError for an unknown experiment or key (with the nearest), a key given twice, a value of the wrong type or
///           out of bounds; Error for runs that have no name of their own.
ResolvedExperiment resolve(const ExperimentArguments& arguments);

/// The run of this name; the first one where `name` is empty.
const RunSpec& find_run(const ResolvedExperiment& experiment, const std::string& name);

/// The graph of a run as its training starts, for the shapes of a first batch.
std::shared_ptr<const Graph> training_graph(const RunSpec& run);

}  // namespace fovea::cli
