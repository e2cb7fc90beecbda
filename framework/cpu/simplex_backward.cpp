#include <algorithm>

#include "framework/cpu/row_math.h"
#include "framework/cpu/simplex_kernel.h"

namespace fovea::cpu {
namespace {

Pack load_some(const Real* from, Extent count) { return count >= kPack ? load(from) : load_part(from, count); }

/// to[item] += value for the first `count` lanes; no item twice.
void add_to_items(Pack values, const Index* items, Extent count, Real* to) {
  alignas(kPackBytes) Real lanes[kPack];
  store(lanes, values);
  for (Extent i = 0; i < count; ++i) to[items[i]] += lanes[i];
}

}  // namespace

void sparsemax_backward(const KeptRow& row, double temperature, Real* grad_scores) {
  const auto count = static_cast<Extent>(row.weights.size());
  const Pack mean = broadcast(sum({row.grad_weights, row.weights.size()}) / static_cast<Real>(count));
  const Pack factor = broadcast(static_cast<Real>(1 / temperature));
  for (Extent i = 0; i < count; i += kPack) {
    const Pack value = factor * (load_some(row.grad_weights + i, count - i) - mean);
    add_to_items(value, row.kept + i, std::min(kPack, count - i), grad_scores);
  }
}

void entmax15_backward(const KeptRow& row, double temperature, Real* grad_scores) {
  const auto count = static_cast<Extent>(row.weights.size());
  const Pack factor = broadcast(static_cast<Real>(1 / temperature));
  if (count <= kPack) {  // most rows: one root for each weight
    const Pack grad = load_some(row.grad_weights, count);
    const Pack slope = square_root(load_some(row.weights.data(), count));
    const Real mean = sum_lanes(slope * grad) / sum_lanes(slope);
    return add_to_items(factor * slope * (grad - broadcast(mean)), row.kept, count, grad_scores);
  }
  Pack slopes{}, products{};
  for (Extent i = 0; i < count; i += kPack) {
    const Pack slope = square_root(load_some(row.weights.data() + i, count - i));
    slopes += slope;
    products = multiply_add(slope, load_some(row.grad_weights + i, count - i), products);
  }
  const Pack mean = broadcast(sum_lanes(products) / sum_lanes(slopes));
  for (Extent i = 0; i < count; i += kPack) {
    const Pack slope = square_root(load_some(row.weights.data() + i, count - i));
    const Pack value = factor * slope * (load_some(row.grad_weights + i, count - i) - mean);
    add_to_items(value, row.kept + i, std::min(kPack, count - i), grad_scores);
  }
}

}  // namespace fovea::cpu
