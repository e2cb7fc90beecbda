#pragma once

#include <span>

#include "framework/core/real.h"
#include "framework/core/rng.h"

// Element-wise kernels over rows, vectorised, with bits that depend on the values and the length only (never on alignment,
// on the thread or on neighbours). In float32 they are accurate to a few units in the last place; in float64 they are the
// functions of the standard library. `in` and `out` may be the same memory, and have equal lengths.
namespace fovea::cpu {

void exp(std::span<const Real> in, std::span<Real> out);
void log(std::span<const Real> in, std::span<Real> out);
void gumbel(std::span<const Real> in, std::span<Real> out);  // -log(-log(in)), in within (0, 1)
void tanh(std::span<const Real> in, std::span<Real> out);
void sigmoid(std::span<const Real> in, std::span<Real> out);

Real sum(std::span<const Real> in);                          // fixed order
Real dot(std::span<const Real> a, std::span<const Real> b);  // fixed order
Real max(std::span<const Real> in);                          // -inf for an empty row; NaN where any element is NaN
void add(std::span<const Real> in, std::span<Real> out);     // out += in
void add_scaled(Real factor, std::span<const Real> in, std::span<Real> out);  // out += factor * in
void scale(Real factor, std::span<Real> values);                              // values *= factor

/// weights = softmax(scores); returns log(sum(exp(scores))), the log-partition. Scores of -inf get weight 0; a row that
/// is all -inf gets weights 0 and returns -inf. Shapes: scores [N], weights [N].
Real softmax(std::span<const Real> scores, std::span<Real> weights);
/// The weights of `softmax`, to the bit, without the log-partition.
void softmax_weights(std::span<const Real> scores, std::span<Real> weights);
/// grad_scores += weights * (grad_weights - dot(weights, grad_weights)).
void softmax_backward(std::span<const Real> weights, std::span<const Real> grad_weights, std::span<Real> grad_scores);
/// The same with = instead of +=: as if grad_scores had been 0, to the bit.
void assign_softmax_backward(std::span<const Real> weights, std::span<const Real> grad_weights, std::span<Real> grad_scores);
/// weights = softmax(scores + noise), noise = -log(-log(u)) with u as Rng::fill_uniform gives them: as exp(score) / -log(u),
/// normalised, which needs one logarithm less. A row that is all -inf gets weights 0. Shapes: scores [N], weights [N].
void gumbel_softmax(std::span<const Real> scores, Rng& rng, std::span<Real> weights);

/// True where every element is finite.
bool all_finite(std::span<const Real> in);

}  // namespace fovea::cpu
