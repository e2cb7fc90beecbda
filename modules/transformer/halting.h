#pragma once

#include "framework/graph/functions.h"

// Adaptive computation time: every position decides for itself after how many steps of a loop it halts. Axis letters: B
// batch, T positions, E width.
namespace fovea {

/// What a position remembers of its halting probabilities.
struct Halting {
  Value total;    // [B, T], the sum of its probabilities before it halted
  Value running;  // Index [B, T], 1 while it has not halted
};

/// One step of halting.
///
/// Solves    a position that runs has the weight p, and halts where total + p >= threshold or the step is the last one: then
///           its weight is what is left, R = 1 - total, so that the weights of a position add up to 1. One that has
///           halted has the weight 0.
/// Shapes    probability [B, T], is_last [1], not 0 in the last step -> weight [B, T], the halting after the step, and
///           is_over Index [B], 1 where no position of the row runs.
/// Gradient  exact for the weights; the step in which a position halts is taken as given.
/// Errors    a threshold outside of (0, 1].
/// Source    Graves 2016, arXiv:1603.08983, equations 5 to 9 (threshold = 1 - epsilon), for each position separately as in
///           Dehghani et al. 2019, arXiv:1807.03819, section 2.2.
struct HaltingStep {
  Value weight;
  Halting after;
  Value is_over;
};
struct HaltingInputs {
  Value probability;
  Halting before;
  Value is_last;
};
HaltingStep halt(const HaltingInputs& inputs, double threshold = 0.99, At at = At::here());

/// The halting of positions that have not run yet: mask Index [B, T], 0: the position never runs and has weights of 0.
Halting not_halted(Value mask, At at = At::here());

/// States of positions, and the sum of their states by the weights of halting.
struct Weighted {
  Value state;  // [B, T, E]
  Value sum;    // [B, T, E]
};
/// One step of the states: a position that runs takes the new state, one that has halted keeps its own; the sum takes in
/// weight times the new state.
///
/// Shapes    before [B, T, E] each, fresh [B, T, E], weight [B, T] and running Index [B, T], before the step -> as before.
/// Gradient  exact.
struct AdvanceInputs {
  Weighted before;
  Value fresh;
  Value weight;
  Value running;
};
Weighted advance(const AdvanceInputs& inputs, At at = At::here());

}  // namespace fovea
