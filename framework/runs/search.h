#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace fovea {

/// The results files in these places, each a results file or a folder: of a run, of an experiment, of many. Those of a place
/// are in the order of their paths; a file that is reached by two ways, also by links, is there once. A run that has begun
/// and not published anything is given by the path that its results will have; so is a folder that cannot be listed. What a
/// glob of a shell finds beside a results file, such as its journal, is passed over.
///
/// Errors    a place that does not exist.
std::vector<std::filesystem::path> find_results(std::span<const std::string> places);

}  // namespace fovea
