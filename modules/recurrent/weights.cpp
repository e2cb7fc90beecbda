#include "modules/recurrent/weights.h"

#include <cmath>

namespace fovea {

// NOLINTNEXTLINE(readability-function-size): `at` is filled in by itself
RecurrentWeights recurrent_weights(Builder& builder, const std::string& name, Extent gates, Extent inputs, Extent hidden,
                                   At at) {
  const auto scope = builder.scope(name);
  const Init init = Init::uniform(1 / std::sqrt(static_cast<double>(hidden)));
  const Extent rows = gates * hidden;
  RecurrentWeights weights;
  weights.weight_ih = builder.parameter("weight_ih", {rows, inputs}, init, at);
  weights.weight_hh = builder.parameter("weight_hh", {rows, hidden}, init, at);
  weights.bias_ih = builder.parameter("bias_ih", {rows}, init, at);
  weights.bias_hh = builder.parameter("bias_hh", {rows}, init, at);
  return weights;
}

}  // namespace fovea
