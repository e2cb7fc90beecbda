#pragma once

#include <string>

#include "framework/graph/functions.h"

namespace fovea {

/// Layer normalisation with a weight and a bias for each element of the last axis.
///
/// Shapes    x [..., width] -> the same; parameters "weight" (1) and "bias" (0) [width] at the scope of its name.
/// Source    Ba et al. 2016, arXiv:1607.06450.
class LayerNorm {
 public:
  LayerNorm(Builder& builder, const std::string& name, Extent width, double epsilon = 1e-5, At at = At::here());

  Value operator()(Value x, At at = At::here()) const { return layer_norm(x, weight_, bias_, epsilon_, at); }

 private:
  Value weight_;
  Value bias_;
  double epsilon_;
};

}  // namespace fovea
