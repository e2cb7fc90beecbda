#pragma once

#include <string>
#include <utility>
#include <vector>

#include "framework/experiment.h"

namespace fovea {

/// What was asked for does not exist: an unknown experiment, key or run, or a value that an option does not take.
class SettingError : public Error {
 public:
  using Error::Error;
  explicit SettingError(const Error& error) : Error(error) {}
};

/// An experiment with all of its settings.
struct ResolvedExperiment {
  std::string name;
  std::vector<std::pair<std::string, std::string>> options;  // its own, all of them
  std::vector<RunSpec> runs;
  std::vector<Comparison> published;
};

/// A key and its value, as it is meant: without the quotes that a text needs on a command line.
struct Setting {
  std::string key;
  std::string value;
};

/// Makes the runs of an experiment. Of the settings, those of the experiment come first, then the training settings, which
/// apply to every run.
///
/// Errors    SettingError for an unknown experiment or key (with the nearest), a value of the wrong type or out of bounds;
///           Error for runs that have no name of their own.
ResolvedExperiment resolve_experiment(const std::string& name, const std::vector<Setting>& settings);

/// The run of this name; the first one where `name` is empty. Errors: SettingError, with the nearest.
const RunSpec& find_run(const ResolvedExperiment& experiment, const std::string& name);

}  // namespace fovea
