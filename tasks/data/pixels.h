#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/real.h"

// Images and labels in the files that data sets come in.
namespace fovea::data {

/// Grey images of one size, row by row, 0 to 255.
struct Images {
  Extent height = 0;
  Extent width = 0;
  std::vector<std::uint8_t> pixels;  // [count, height, width]

  Extent count() const { return height * width == 0 ? 0 : static_cast<Extent>(pixels.size()) / (height * width); }
};

/// The content of a file, unpacked where it is gzip. `name` is its place in errors.
///
/// Errors    those of read_input; a gzip stream that is damaged or cut, with bytes after it, or of more than 4 GiB.
std::string unpacked_input(const std::string& path);
bool is_gzip(std::string_view content);
std::string gunzipped(std::string_view content, const std::string& name);

/// The IDX format of MNIST: two bytes 0, a type (8: unsigned bytes), a number of axes, their extents as big-endian numbers
/// of four bytes, then the values.
///
/// Errors    Error at `name`: another type or number of axes, an extent of 0, more or fewer values than the extents say.
Images idx_images(std::string_view content, const std::string& name);
std::vector<std::uint8_t> idx_labels(std::string_view content, const std::string& name);
bool is_idx(std::string_view content);

/// One image in the portable grey map format, P5 or P2, of at most 255 levels, spread over 0 to 255.
///
/// Errors    Error at `name`: another format, sizes or levels that are none, more or fewer values than they say.
/// Source    the netpbm manual, pgm(5).
Images pgm_image(std::string_view content, const std::string& name);

}  // namespace fovea::data
