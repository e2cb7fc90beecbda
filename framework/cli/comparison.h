#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/cli/closing.h"
#include "framework/experiment.h"
#include "framework/runs/text_table.h"

namespace fovea::cli {

/// What papers found beside what the runs found: a line for each row, with the mean over seeds and, where there are several,
/// their deviation and the figure of the seed whose cost in training was lowest. A row of several runs reports the mean over
/// them; its seed is chosen for each run separately. Nothing where no row has a run.
std::optional<TextTable> published_table(const Comparison& comparison, const std::vector<DoneRun>& runs);
/// The same with its title, as it is printed; empty where there is nothing.
std::string comparison_text(const Comparison& comparison, const std::vector<DoneRun>& runs);

}  // namespace fovea::cli
