#include "modules/layers/linear.h"

namespace fovea {

// NOLINTNEXTLINE(readability-function-size): `at` is filled in by itself
Linear::Linear(Builder& builder, const std::string& name, Extent inputs, Extent outputs, Bias bias, At at) {
  const auto scope = builder.scope(name);
  weight_ = builder.parameter("weight", {outputs, inputs}, Init::glorot(), at);
  if (bias == Bias::kYes) bias_ = builder.parameter("bias", {outputs}, Init::zero(), at);
}

// NOLINTNEXTLINE(readability-function-size): `at` is filled in by itself
Value linear_layer(Builder& builder, const std::string& name, Value x, Extent outputs, Bias bias, At at) {
  return Linear(builder, name, x.shape().last(), outputs, bias, at)(x, at);
}

}  // namespace fovea
