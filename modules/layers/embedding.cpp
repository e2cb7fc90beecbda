#include "modules/layers/embedding.h"

namespace fovea {

// NOLINTNEXTLINE(readability-function-size): `at` is filled in by itself
Embedding::Embedding(Builder& builder, const std::string& name, Extent words, Extent width, Init init, At at) {
  const auto scope = builder.scope(name);
  weight_ = builder.parameter("weight", {words, width}, init, at);
}

}  // namespace fovea
