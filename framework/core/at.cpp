#include "framework/core/at.h"

namespace fovea {

std::string At::text() const {
  const std::string path(file);
  const auto slash = path.find_last_of('/');
  return (slash == std::string::npos ? path : path.substr(slash + 1)) + ":" + std::to_string(line);
}

Error At::error(const std::string& where, const std::string& fact) const {
  return {where, fact + " (built at " + text() + ")."};
}

}  // namespace fovea
