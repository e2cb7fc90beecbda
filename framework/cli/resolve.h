#pragma once

#include <memory>
#include <string>
#include <vector>

#include "framework/resolved.h"

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

/// Sets the number of threads, loads the plugins and makes the runs of the experiment.
///
/// Errors    UsageError for a setting that is no key=value, or a key given twice; else as resolve_experiment.
ResolvedExperiment resolve(const ExperimentArguments& arguments);

/// The graph of a run as its training starts, for the shapes of a first batch.
std::shared_ptr<const Graph> training_graph(const RunSpec& run);

}  // namespace fovea::cli
