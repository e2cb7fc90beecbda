#pragma once

#include <string>

#include "framework/graph/functions.h"

namespace fovea {

/// Long short-term memory, over a sequence or step by step (in a loop) with the same parameters.
///
/// Shapes    run: x [T, B, inputs] -> states [T, B, hidden]; step: x [B, inputs] -> hidden, cell [B, hidden]. An empty
///           state is zero. Parameters weight_ih, weight_hh, bias_ih, bias_hh at the scope of its name, gates i, f, g, o.
/// Source    Hochreiter & Schmidhuber 1997; Gers et al. 2000 for the forget gate.
class Lstm {
 public:
  using State = LstmState;
  using Result = LstmStates;

  Lstm(Builder& builder, const std::string& name, Extent inputs, Extent hidden, At at = At::here());

  Result run(Value x, State initial = {}, Direction direction = Direction::kForward, At at = At::here()) const;
  State step(Value x, State state = {}, At at = At::here()) const;
  /// Before the loop whose body calls step: in evaluation the weights are then arranged once, not at every step.
  void prepare_steps(At at = At::here());

 private:
  RecurrentWeights weights_;
  RecurrentWeights step_weights_;
  Extent hidden_;
};

}  // namespace fovea
