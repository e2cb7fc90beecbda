#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// -log softmax(scores)[target], fused and stable.
///
/// Shapes    scores [..., V], target Index [...] and, if there is a third, mask Index broadcast to scores (1 = allowed)
///           -> costs [...].
/// Gradient  softmax(scores) - one_hot(target) over allowed entries. A target of -1 costs 0 and has no gradient; a
///           target that is masked, or whose score is -inf, costs -log of the smallest normal Real and has no gradient.
/// Errors    a target outside of [-1, V), when run.
OpPointer make_cross_entropy();

/// The mean of (prediction - target)^2 over each row: [B, ...] each -> [B].
OpPointer make_mse();

/// Zeroes elements with probability `rate` in training and scales the others by 1 / (1 - rate); in evaluation the
/// identity. The random numbers of a row of the first axis are those of that row of the batch.
/// Source    Srivastava et al. 2014, "Dropout".
OpPointer make_dropout(double rate);

}  // namespace fovea
