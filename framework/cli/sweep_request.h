#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/cli/command.h"
#include "framework/cli/resolve.h"
#include "framework/sweep/definition.h"

namespace fovea::cli {

/// What `fovea sweep` is asked for.
struct SweepArguments {
  ExperimentArguments experiment;
  std::string search = "grid";
  std::string output = "sweeps";
  std::string name;
  Extent seeds = 1;
  Extent jobs = 0;
  bool dry_run = false;
  bool extend = false;
  bool retry_failed = false;
  bool fail_fast = false;
  bool any_build = false;

  void fields(ArgumentList& list);
  /// Of this sweep.
  std::filesystem::path folder() const;
};

/// A sweep with all its points, each of which can be resolved.
struct AskedSweep {
  Definition definition;
  Extent steps = 0;  // of the first run
};

/// Loads the plugins.
///
/// Errors    a wrong setting of any point, before the first one trains; a search that does not fit the settings.
AskedSweep asked_sweep(const SweepArguments& arguments);

/// The settings of a point as words of a command line.
std::vector<std::string> settings_of(const Point& point, const std::vector<std::string>& fixed);

}  // namespace fovea::cli
