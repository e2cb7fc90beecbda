#pragma once

#include <string>
#include <vector>

#include "framework/cli/closing.h"
#include "framework/cli/resolve.h"

namespace fovea::cli {

/// What was asked for, as the commands that come next repeat it.
struct AskedRun {
  std::string program;
  ExperimentArguments experiment;
  Extent seeds = 0;  // 0: one run with the seed of its settings
  std::string output;
};

/// The folder of all runs of the experiment.
std::filesystem::path folder_of(const AskedRun& asked);

/// Training time and where the results are.
std::string results_text(const std::vector<DoneRun>& runs);

/// Three commands to try next, with the settings that were given. They need nothing but the program.
std::string next_steps(const AskedRun& asked, const std::vector<DoneRun>& runs, std::size_t width);

}  // namespace fovea::cli
