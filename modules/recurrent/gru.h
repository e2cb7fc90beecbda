#pragma once

#include <string>

#include "framework/graph/functions.h"

namespace fovea {

/// Gated recurrent unit, over a sequence or step by step (in a loop) with the same parameters.
///
/// Shapes    run: x [T, B, inputs] -> states [T, B, hidden]; step: x [B, inputs] -> [B, hidden]. An empty state is zero.
///           Parameters weight_ih, weight_hh, bias_ih, bias_hh at the scope of its name, gates r, z, n.
/// Source    Cho et al. 2014, arXiv:1406.1078, with the reset gate after the product, as in cuDNN and PyTorch.
class Gru {
 public:
  using Result = GruStates;

  Gru(Builder& builder, const std::string& name, Extent inputs, Extent hidden, At at = At::here());

  Result run(Value x, Value initial = {}, Direction direction = Direction::kForward, At at = At::here()) const;
  Value step(Value x, Value hidden = {}, At at = At::here()) const;

 private:
  RecurrentWeights weights_;
  Extent hidden_;
};

}  // namespace fovea
