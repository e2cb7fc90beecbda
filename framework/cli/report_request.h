#pragma once

#include <string>

#include "framework/report/report.h"

namespace fovea::cli {

/// What a report of these runs says besides what is in them: the question of each experiment that the program knows, figures
/// of papers, and what has made it. `command` makes it again.
ReportRequest report_request(const RunGroups& runs, const std::string& command);

}  // namespace fovea::cli
