#pragma once

#include <string>
#include <vector>

#include "framework/runs/found_run.h"

namespace fovea {

/// Runs whose settings are equal but for the seed, and that have read the same files: what is averaged.
struct RunGroup {
  std::string experiment;
  std::string run;
  TextPairs settings;             // all of them, and the hash of each file that was read
  TextPairs differing;            // those that tell it from the other groups of this experiment and run
  std::vector<FoundRun> runs;     // by seed, each seed once
  std::vector<FoundRun> repeats;  // further files of these settings and seeds, which are not counted

  std::string name() const;         // "soft_vs_hard/soft learning_rate=0.003"
  std::string differences() const;  // "learning_rate=0.003"
};

struct RunGroups {
  std::vector<RunGroup> groups;  // in the order of their first files
  std::vector<FoundRun> unread;

  bool is_empty() const { return groups.empty() && unread.empty(); }
};

/// Of several files of a seed, a finished one counts before the others, then the first.
///
/// Of the settings that differ, those that follow from others (the texts of the task, of evaluations and of sites) are named
/// only where the others do not tell the groups apart.
RunGroups group_runs(std::vector<FoundRun> runs);

}  // namespace fovea
