#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace fovea::cli {

/// Refuses a path after -o at which no file can or should be put, before the work for it is done.
///
/// Errors    a link, a directory or a device; a file of a run, such as results.h5; no such directory.
void check_output(const std::filesystem::path& path);

/// Checks once more and writes the file as a whole.
void write_output_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

}  // namespace fovea::cli
