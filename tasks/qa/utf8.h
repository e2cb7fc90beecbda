#pragma once

#include <string_view>

namespace fovea::qa {

/// The place of the first byte that is not valid UTF-8 (RFC 3629: shortest forms, no surrogates, at most U+10FFFF); npos:
/// none.
std::size_t first_invalid_utf8(std::string_view text);

}  // namespace fovea::qa
