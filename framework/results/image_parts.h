#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "framework/results/hdf5_write.h"
#include "framework/results/record.h"

// Internal to record_image.cpp and its parts.
namespace fovea::image {

std::int64_t count(const auto& values) { return static_cast<std::int64_t>(values.size()); }

void write_pairs(hdf5::Id object, const TextPairs& pairs);

/// Arrays of one group: all axes are announced, then each array is written and attached to them.
void write_arrays(hdf5::Id group, hdf5::Axes& axes, const std::vector<Array>& arrays);

/// What no axis of the group may be called.
std::vector<std::string> names_of(const std::vector<Array>& arrays);

Array column_array(const Column& column, const std::vector<std::string>& axes, const std::vector<std::int64_t>& extents);
Array row_array(std::string name, const std::string& axis, Array::Values values, std::string long_name);

}  // namespace fovea::image
