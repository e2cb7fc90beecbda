#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// -log softmax(scores)[target], fused and stable; with `smoothing` e, a share of the target goes to all classes alike.
///
/// Solves    cost = (1 - e) (-log p_target) - e / C sum over allowed classes of log p, p = softmax(scores); C classes are
///           allowed and have a score other than -inf.
/// Shapes    scores [..., V], target Index [...] and, if there is a third, mask Index broadcast to scores (1 = allowed)
///           -> costs [...].
/// Gradient  p - (1 - e) one_hot(target) - e / C over allowed entries. A target of -1 costs 0 and has no gradient; a
///           target that is masked, or whose score is -inf, costs -log of the smallest normal Real and has no gradient.
/// Errors    a smoothing outside of [0, 1); a target outside of [-1, V), when run.
/// Source    Szegedy et al. 2016, arXiv:1512.00567, section 7 (label smoothing).
OpPointer make_cross_entropy(double smoothing = 0);

/// The mean of (prediction - target)^2 over each row: [B, ...] each -> [B].
OpPointer make_mse();

/// Zeroes elements with probability `rate` in training and scales the others by 1 / (1 - rate); in evaluation the
/// identity. The random numbers of a row of the first axis are those of that row of the batch.
/// Source    Srivastava et al. 2014, "Dropout".
OpPointer make_dropout(double rate);

/// The same for a parameter, of any shape: its elements are drawn for each step of training, whatever rows are at work, so
/// that all shards of a step see the same ones.
/// Source    Wan et al. 2013, "Regularization of neural networks using DropConnect".
OpPointer make_parameter_dropout(double rate);

}  // namespace fovea
