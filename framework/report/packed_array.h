#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "framework/results/json.h"

namespace fovea {

/// Many numbers for the page, which `tools.unpack` turns into a typed array:
///
///     {"type": "u8", "shape": [2, 512, 512], "deflate": "base64 of raw deflate"}
///
/// The numbers are row-major and little-endian, as all machines that the program runs on are.
Json packed_array(std::span<const std::uint8_t> values, const std::vector<std::int64_t>& shape);
Json packed_array(std::span<const std::int32_t> values, const std::vector<std::int64_t>& shape);
Json packed_array(std::span<const float> values, const std::vector<std::int64_t>& shape);

/// Characters that a packed array takes in the page.
std::size_t packed_size(const Json& packed);

std::string base64_text(std::span<const std::uint8_t> bytes);

}  // namespace fovea
