#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "framework/experiment.h"

namespace fovea::cli {

/// An experiment with the settings of the command line.
struct ResolvedExperiment {
  std::string name;
  std::vector<std::pair<std::string, std::string>> options;  // its own, all of them
  std::vector<RunSpec> runs;
  std::vector<Comparison> published;
};

/// Makes the runs of an experiment from key=value settings: first its own options, then the training settings, which apply
/// to every run.
///
/// Errors    UsageError for an unknown experiment or key (with the nearest), a key given twice, a value of the wrong type or
///           out of bounds; Error for runs that have no name of their own.
ResolvedExperiment resolve(const std::string& experiment, std::span<const std::string> settings);

/// The run of this name; the first one where `name` is empty.
const RunSpec& find_run(const ResolvedExperiment& experiment, const std::string& name);

/// The graph of a run as its training starts, for the shapes of a first batch.
std::shared_ptr<const Graph> training_graph(const RunSpec& run);

}  // namespace fovea::cli
