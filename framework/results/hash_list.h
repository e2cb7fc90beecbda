#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fovea {

/// Where the hash of a results file is kept: beside it, with ".xxh128" added to its name.
std::filesystem::path hash_path(const std::filesystem::path& results);

/// The hashes that the file may have: one, or two while a publication is under way, none where the list is missing or
/// is not a list of hashes.
std::vector<std::string> listed_hashes(const std::filesystem::path& results);

void write_hashes(const std::filesystem::path& results, const std::vector<std::string>& hashes);

}  // namespace fovea
