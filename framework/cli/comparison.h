#pragma once

#include <string>
#include <vector>

#include "framework/cli/closing.h"
#include "framework/experiment.h"

namespace fovea::cli {

/// What papers found beside what the runs found: the title, then a line for each row, with the mean over seeds and, where
/// there are several, their deviation and the figure of the seed whose cost in training was lowest. A row of several runs
/// reports the mean over them; its seed is chosen for each run separately. Empty where no row has a run.
std::string comparison_text(const Comparison& comparison, const std::vector<DoneRun>& runs);

}  // namespace fovea::cli
