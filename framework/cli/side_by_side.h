#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/cli/command.h"
#include "framework/cli/resolve.h"
#include "framework/sweep/pool.h"

namespace fovea::cli {

/// A `fovea run` in a process of its own.
struct ChildRun {
  std::string label;
  std::filesystem::path into;         // its --into
  std::string only;                   // one run of the experiment; "": all
  std::vector<std::string> settings;  // key=value, without the seed
  Extent seed = 1;
  Extent until = 0;                         // its --until; 0: to the end
  std::vector<std::string> flags;           // "--restart"
  std::vector<std::filesystem::path> runs;  // run directories that it takes
};

/// Processes side by side and the threads of each, so that all cores are used.
struct Shares {
  Extent jobs = 1;
  Extent threads = 1;
};

/// `jobs` 0: as many as there are cores, or runs where these are fewer. `threads` 0: one per core.
Shares shares_of(Extent jobs, Extent threads, std::size_t runs);

/// Settings without that of the seed.
std::vector<std::string> without_seed(const std::vector<std::string>& settings);

Job job_of(const ChildRun& run, const ExperimentArguments& experiment, Extent threads);

/// Why it failed, in one line: what it said last, else its exit code.
std::string reason_of(const JobEnd& end);

}  // namespace fovea::cli
