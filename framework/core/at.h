#pragma once

#include <string>

#include "framework/core/error.h"

namespace fovea {

/// Where in a source something was asked for, or a node was built; take it as the last parameter: `At at = At::here()`.
struct At {
  const char* file = "";
  int line = 0;
  static constexpr At here(const char* f = __builtin_FILE(), int l = __builtin_LINE()) { return {f, l}; }
  std::string text() const;  // "pointer_decoder.cpp:61"
  /// "[where] fact (built at pointer_decoder.cpp:61)."
  Error error(const std::string& where, const std::string& fact) const;
};

}  // namespace fovea
