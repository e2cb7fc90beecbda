#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "framework/report/figure_writers.h"

namespace fovea::cli {

/// Runs a script in a directory that is removed afterwards. Returns the files that it wrote there, by their names.
///
/// Errors    gnuplot is not installed, or refuses the script.
std::map<std::string, std::string> run_gnuplot(const GnuplotFigure& figure, const std::string& name);

}  // namespace fovea::cli
