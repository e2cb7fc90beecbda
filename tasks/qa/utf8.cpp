#include "tasks/qa/utf8.h"

#include <cstdint>

namespace fovea::qa {
namespace {

/// The bytes of a sequence by its first byte, and what its second byte may be; 0 bytes: no sequence starts like this.
struct Form {
  std::size_t bytes;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
};

Form form_of(std::uint8_t first) {
  if (first < 0x80) return {1};
  if (first < 0xC2) return {0};
  if (first < 0xE0) return {2};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first < 0xF0) return {3};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first < 0xF4) return {4};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {0};
}

}  // namespace

std::size_t first_invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const Form form = form_of(static_cast<std::uint8_t>(text[i]));
    if (form.bytes == 0 || text.size() - i < form.bytes) return i;
    for (std::size_t k = 1; k < form.bytes; ++k) {
      const auto byte = static_cast<std::uint8_t>(text[i + k]);
      if (byte < (k == 1 ? form.low : 0x80) || byte > (k == 1 ? form.high : 0xBF)) return i;
    }
    i += form.bytes;
  }
  return std::string_view::npos;
}

}  // namespace fovea::qa
