#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace fovea {

struct StructureReport {
  std::vector<std::string> facts;  // "what was expected; what came; what to do."
  std::size_t objects = 0;
};

/// Reads a whole results file in this process and checks its structure. Only for files that were written here: on one
/// that is damaged on purpose the HDF5 library can crash, see run_apart.
StructureReport check_structure(const std::filesystem::path& path);

}  // namespace fovea
