#include "framework/train/optimizer.h"

namespace fovea {

void Optimizer::fields(Options&) {}

template <>
Registry<Optimizer>& Registry<Optimizer>::instance() {
  static Registry registry;
  return registry;
}

}  // namespace fovea
