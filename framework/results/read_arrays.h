#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace fovea {

/// The numbers of a data set, row-major.
struct NumberArray {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

/// Those of the data sets at these paths, such as "/selection/decoder/pointer/density", that are in the file and hold
/// numbers, by their path. They are read in a separate process, as files may be damaged or hostile.
///
/// Errors    a file that cannot be read; more than 2^25 numbers in all.
std::map<std::string, NumberArray> read_arrays(const std::filesystem::path& file, std::span<const std::string> paths);

/// Names and shapes of the data sets of numbers directly below a group; none where there is no such group.
std::map<std::string, std::vector<std::int64_t>> arrays_below(const std::filesystem::path& file, const std::string& group);

}  // namespace fovea
