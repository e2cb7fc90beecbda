#include "framework/experiment.h"

namespace fovea {

void Experiment::fields(Options&) {}

template <>
Registry<Experiment>& Registry<Experiment>::instance() {
  static Registry registry;
  return registry;
}

}  // namespace fovea
