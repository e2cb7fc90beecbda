#pragma once

#include <string>

#include "framework/graph/functions.h"

namespace fovea {

enum class Bias : std::uint8_t { kYes, kNo };

/// A linear layer: y = x weight^T + bias.
///
/// Shapes    x [..., inputs] -> [..., outputs]; parameters "weight" [outputs, inputs] (Glorot) and "bias" [outputs] (0) at
///           the scope of its name.
class Linear {
 public:
  Linear(Builder& builder, const std::string& name, Extent inputs, Extent outputs, Bias bias = Bias::kYes,
         At at = At::here());

  Value operator()(Value x, At at = At::here()) const { return linear(x, weight_, bias_, at); }
  const Value& weight() const { return weight_; }
  const Value& bias() const { return bias_; }  // empty where there is none

 private:
  Value weight_;
  Value bias_;
};

/// Declares a layer and applies it once.
Value linear_layer(Builder& builder, const std::string& name, Value x, Extent outputs, Bias bias = Bias::kYes,
                   At at = At::here());

}  // namespace fovea
