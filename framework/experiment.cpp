#include "framework/experiment.h"

namespace fovea {

void Experiment::fields(Options&) {}

std::vector<Comparison> Experiment::published() const { return {}; }

template <>
Registry<Experiment>& Registry<Experiment>::instance() {
  static Registry registry;
  return registry;
}

}  // namespace fovea
