#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "framework/cli/closing.h"
#include "framework/cli/command.h"
#include "framework/cli/progress.h"
#include "framework/cli/resolve.h"
#include "framework/cli/signals.h"

namespace fovea::cli {

/// What all runs of a command share.
struct AtWork {
  const StopSignals& signals;
  const Console& console;
  ProgressLine& line;
  Extent until = 0;
  std::set<std::filesystem::path> just_trained{};  // by other processes of this command
};

/// All runs, one after the other. The exit code where a signal has ended them before the last, else kOk.
int train_all(const std::vector<RunRequest>& requests, AtWork& work, std::vector<DoneRun>& done);

struct Apart {
  const ExperimentArguments& experiment;
  Extent jobs = 0;                 // side by side; 0: one per core
  std::vector<std::string> flags;  // of each
};

/// Trains each request in a process of its own. The exit code; after kOk, train_all reads what they have done.
int train_apart(std::vector<RunRequest>& requests, const Apart& apart, AtWork& work);

}  // namespace fovea::cli
