#include "modules/layers/layer_norm.h"

namespace fovea {

LayerNorm::LayerNorm(Builder& builder, const std::string& name, Extent width, double epsilon, At at) : epsilon_(epsilon) {
  const auto scope = builder.scope(name);
  weight_ = builder.parameter("weight", {width}, Init::constant(1), at);
  bias_ = builder.parameter("bias", {width}, Init::zero(), at);
}

}  // namespace fovea
