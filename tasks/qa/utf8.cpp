#include "tasks/qa/utf8.h"

#include "framework/core/text.h"

namespace fovea::qa {

std::size_t first_invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

}  // namespace fovea::qa
