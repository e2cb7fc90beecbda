#pragma once

#include <string>

#include "framework/cli/command.h"
#include "framework/runs/found_run.h"

namespace fovea::cli {

/// What a person wants of a run first: its question and state, what it found beside what papers found and what chance gives,
/// a line for each site, and the commands for more.
std::string brief_text(const FoundRun& run, const Console& console);

}  // namespace fovea::cli
