#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fovea {

/// Which items of a split a run got right, from /evaluation/<split>/correct: 1 where it is right, 0 where it is wrong. Empty
/// where the file does not say, or cannot be read.
std::vector<std::uint8_t> read_correct(const std::filesystem::path& path, const std::string& split);

}  // namespace fovea
