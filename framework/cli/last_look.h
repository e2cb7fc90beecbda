#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/cli/closing.h"

namespace fovea::cli {

/// One item of what was tested, with what each read looked at: the shortest of those that need most. "" where no site chose
/// among the parts of an item, or no such text has at most `width` columns.
std::string story_of(const std::vector<DoneRun>& runs, std::size_t width);

/// Writes the report of a run beside its results, of several runs in the folder of the experiment. Says in one line where it
/// is, or why there is none: that never fails a run.
std::string report_of(const std::filesystem::path& folder, const std::vector<DoneRun>& runs);

}  // namespace fovea::cli
