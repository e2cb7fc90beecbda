#pragma once

#include <string>

#include "framework/core/options.h"
#include "framework/graph/functions.h"

namespace fovea {

/// The options of a universal transformer; `fields` adds them to those of an experiment.
struct UniversalOptions {
  Extent most_steps = 6;
  Extent heads = 4;
  Extent hidden = 256;  // of the transition
  double dropout = 0;
  std::string norm = "post";           // or "pre"
  std::string positions = "sinusoid";  // or "learned", "none"
  Extent longest = 256;                // learned: rows of the table
  std::string halting = "adaptive";    // or "fixed"
  double threshold = 0.99;
  double halting_bias = 1;  // at the start
  std::string site = "scaled_dot | dense | softmax | none";

  void fields(Options& options);
  /// Errors    an unknown name; a number out of its bounds.
  void check() const;
};

/// One block that revises all positions again and again, each until it halts: self-attention, then a transition, with the
/// same weights in every step.
///
/// Solves    in step t, with coordinates P of position and step: a = norm(x + P + attention(x + P)), x' = norm(a + W2
///           relu(W1 a)) where norm is "post"; with "pre" a branch is added to x + P and reads its norm.
///           Adaptive: a position halts by p = sigmoid(w x' + b), see halting.h; what it gives is the mean of its states x'
///           by the weights of halting, and it is read by others as it was when it halted. The loop ends when all
///           positions of all rows have halted.
///           Fixed: `most_steps` steps; a position gives its last state. With "pre" what is given is normalised.
/// Shapes    x [B, T, E], mask Index [B, T] or empty, 1 = a position -> states [B, T, E], steps [B, T] and ponder [B, T];
///           steps N counts those of a position, ponder is N + R with the remainder R, whose gradient is that of R alone.
///           Where the mask is 0 all of them are 0 (fixed: the states are what they are). Parameters at the scope of its
///           name: "self", "self_norm", "inner", "outer", "transition_norm", "halting", "norm" (pre), "positions" (learned,
///           [longest, E]).
/// Gradient  exact, except that the number of steps is taken as given.
/// Errors    an unknown name; E not a multiple of the heads.
/// Cost      N times that of a block; memory for as many steps as there may be.
/// Source    Dehghani et al. 2019, arXiv:1807.03819, sections 2.1 and 2.2; Graves 2016, arXiv:1603.08983. The mean of
///           states is that of Graves, equation 4; the listing of Dehghani et al. takes a moving mean.
struct Revised {
  Value states;
  Value steps;
  Value ponder;
};
Revised universal_transformer(Builder& builder, const std::string& name, Value x, Value mask,
                              const UniversalOptions& options, At at = At::here());

}  // namespace fovea
