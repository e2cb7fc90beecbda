#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "framework/results/record.h"

namespace fovea {

/// A group or a data set, without its numbers.
struct OutlineEntry {
  std::vector<std::int64_t> shape;
  std::string type;                // "group", "float32", "int32", "string", ...
  TextPairs attributes;            // those that are one value
  std::vector<std::string> texts;  // of a text, or a data set of at most 2^16 texts
};

/// What is below these groups, at any depth, and the groups themselves, by path. It is read in a separate process.
///
/// Errors    a file that cannot be read.
std::map<std::string, OutlineEntry> read_outline(const std::filesystem::path& file, std::span<const std::string> groups);

}  // namespace fovea
