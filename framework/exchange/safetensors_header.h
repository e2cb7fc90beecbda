#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "framework/exchange/element_type.h"
#include "framework/results/record.h"

namespace fovea {

inline constexpr const char* kSafetensorsMetadata = "__metadata__";

/// What the header of a .safetensors file says of one array.
struct SafetensorsEntry {
  std::string name;
  const ElementType* type = nullptr;
  std::vector<Extent> shape;
  std::uint64_t begin = 0;  // of its bytes, counted from the end of the header
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in their order in the header
  TextPairs metadata;
};

/// Reads the JSON of a header: every member that the format has, once, and no other. Whether places, shapes and types fit
/// together is not looked at.
///
/// Errors    a text that is not JSON, or JSON of another form; a name twice; an unknown type; more than 32 axes; a number
///           that is negative, has a fraction or is 2^63 or more.
SafetensorsHeader parse_safetensors_header(std::string_view json);

}  // namespace fovea
