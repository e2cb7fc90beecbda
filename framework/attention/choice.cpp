#include "framework/attention/choice.h"

#include "framework/cpu/row_math.h"

namespace fovea {

Real tempered_softmax(ConstRow scores, double temperature, Row weights) {
  const Real best = cpu::max(scores);
  const auto factor = static_cast<Real>(1 / temperature);
  const Row row = weights.first(scores.size());
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = factor * (scores[i] - best);
  return cpu::softmax(row, row);
}

void tempered_softmax_backward(ConstRow weights, ConstRow grad_weights, double temperature, Row grad_scores) {
  const Real mean = cpu::dot(weights, grad_weights);
  const auto factor = static_cast<Real>(1 / temperature);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    grad_scores[i] += factor * (weights[i] * (grad_weights[i] - mean));
  }
}

}  // namespace fovea
