#pragma once

#include <string>

#include "framework/graph/functions.h"

namespace fovea {

/// A table of vectors, one for each word.
///
/// Shapes    indices Index [...] in [0, words) -> [..., width]; parameter "weight" [words, width] at the scope of its name.
class Embedding {
 public:
  Embedding(Builder& builder, const std::string& name, Extent words, Extent width, Init init = Init::normal(0.1),
            At at = At::here());

  Value operator()(Value indices, At at = At::here()) const { return embedding(indices, weight_, at); }
  const Value& weight() const { return weight_; }

 private:
  Value weight_;
};

}  // namespace fovea
