#include "framework/attention/choice.h"

#include <algorithm>
#include <numeric>

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

void fill_gumbel(Rng& rng, Row noise) {
  rng.fill_uniform(noise);
  cpu::gumbel(noise, noise);
}

void keep_best(ConstRow scores, std::span<Index> kept) {
  // A heap with the worst kept item on top: of equal scores, the one at the higher place is worse.
  const auto is_better = [scores](Index a, Index b) {
    const Real left = scores[a];
    const Real right = scores[b];
    return left > right || (left == right && a < b);
  };
  if (kept.empty()) return;
  std::iota(kept.begin(), kept.end(), Index{0});
  std::make_heap(kept.begin(), kept.end(), is_better);
  Real worst = scores[kept[0]];
  for (std::size_t i = kept.size(); i < scores.size(); ++i) {
    if (!(scores[i] > worst)) continue;  // of equal scores, the kept one has the lower place
    std::pop_heap(kept.begin(), kept.end(), is_better);
    kept.back() = static_cast<Index>(i);
    std::push_heap(kept.begin(), kept.end(), is_better);
    worst = scores[kept[0]];
  }
  std::sort(kept.begin(), kept.end());
}

}  // namespace fovea
