#pragma once

#include <cstddef>
#include <vector>

#include "framework/results/record.h"

namespace fovea {

/// The bytes of the HDF5 file that holds a record: the same bytes for the same record, outside the values of /clock.
/// Errors    tables whose columns differ in length, names that occur twice or cannot be names.
std::vector<std::byte> image_of(const RunRecord& record);

}  // namespace fovea
