#include "modules/layers/embedding.h"

namespace fovea {

Embedding::Embedding(Builder& builder, const std::string& name, Extent words, Extent width, Init init, At at) {
  const auto scope = builder.scope(name);
  weight_ = builder.parameter("weight", {words, width}, init, at);
}

}  // namespace fovea
