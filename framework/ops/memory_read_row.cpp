#include "framework/ops/memory_read_row.h"

#include <algorithm>
#include <cmath>

#include "framework/cpu/row_math.h"
#include "framework/ops/packs.h"

namespace fovea {
namespace {

Real length_of(std::span<const Real> x) { return std::sqrt(cpu::dot(x, x)); }

void add_scaled(Real factor, std::span<const Real> from, Real* to) {
  if (to != nullptr) cpu::add_scaled(factor, from, {to, from.size()});
}

}  // namespace

Real query_factor(const ScoreRule& rule, std::span<const Real> query) {
  return rule.is_cosine ? rule.factor / std::max(length_of(query), rule.epsilon) : rule.factor;
}

Real score_of(const ScoreRule& rule, std::span<const Real> query, std::span<const Real> key) {
  const Real product = query_factor(rule, query) * cpu::dot(query, key);
  return rule.is_cosine ? product / std::max(length_of(key), rule.epsilon) : product;
}

// cosine c = q . k / (|q| |k|)  =>  dc/dq = k / (|q| |k|) - c q / |q|^2, the second part only where |q| > epsilon
void pull_score(const ScoreRule& rule, std::span<const Real> query, std::span<const Real> key, Real factor, Real* grad_query,
                Real* grad_key) {
  factor *= rule.factor;
  if (!rule.is_cosine) {
    add_scaled(factor, key, grad_query);
    add_scaled(factor, query, grad_key);
    return;
  }
  const Real of_query = length_of(query);
  const Real of_key = length_of(key);
  const Real lengths = std::max(of_query, rule.epsilon) * std::max(of_key, rule.epsilon);
  const Real cosine = cpu::dot(query, key) / lengths;
  add_scaled(factor / lengths, key, grad_query);
  add_scaled(factor / lengths, query, grad_key);
  if (of_query > rule.epsilon) add_scaled(-factor * cosine / (of_query * of_query), query, grad_query);
  if (of_key > rule.epsilon) add_scaled(-factor * cosine / (of_key * of_key), key, grad_key);
}

void put_in_order(const FoundSlots& found, Index* kept, Real* weights) {
  for (Extent i = 0; i < found.count; ++i) {  // few of them: an insertion sort
    const Index slot = found.slots[i * found.stride];
    Extent place = i;
    for (; place > 0 && kept[place - 1] > slot; --place) {
      kept[place] = kept[place - 1];
      weights[place] = weights[place - 1];
    }
    kept[place] = slot;
    weights[place] = found.scores[i * found.stride];
  }
  const std::span<Real> row{weights, static_cast<std::size_t>(found.count)};
  cpu::softmax_weights(row, row);
}

void read_kept(const ReadRow& row) {
  clear(row.read, row.value_width);
  const auto width = static_cast<std::size_t>(row.value_width);
  for (Extent k = 0; k < row.count; ++k) {
    cpu::add_scaled(row.weights[k], {row.values + row.kept[k] * row.value_width, width}, {row.read, width});
  }
}

// read = sum w_k v_k, w = softmax(sharpness s)  =>  g_k = grad_read . v_k + grad_w_k; grad_v_k += w_k grad_read;
// grad of sharpness s_k: w_k (g_k - sum over j of w_j g_j)
void pull_read(const ReadRow& row, const ScoreRule& rule) {
  const std::span<const Real> grad_read{row.grad_read, static_cast<std::size_t>(row.value_width)};
  const auto pull_of = [&](Extent k) {
    return cpu::dot(grad_read, {row.values + row.kept[k] * row.value_width, grad_read.size()}) + row.grad_weights[k];
  };
  Real mean = 0;
  for (Extent k = 0; k < row.count; ++k) mean += row.weights[k] * pull_of(k);
  const bool wants_scores = row.grad_query != nullptr || row.grad_keys != nullptr || row.grad_sharpness != nullptr;
  const std::span<const Real> query{row.query, static_cast<std::size_t>(row.width)};
  for (Extent k = 0; k < row.count; ++k) {
    const Real grad_score = row.weights[k] * (pull_of(k) - mean);
    if (row.grad_values != nullptr) add_scaled(row.weights[k], grad_read, row.grad_values + row.kept[k] * row.value_width);
    if (!wants_scores) continue;
    if (row.grad_sharpness != nullptr) *row.grad_sharpness += grad_score * score_of(rule, query, row.key(k));
    Real* grad_key = row.grad_keys == nullptr ? nullptr : row.grad_keys + row.kept[k] * row.width;
    pull_score(rule, query, row.key(k), grad_score * row.sharpness, row.grad_query, grad_key);
  }
}

}  // namespace fovea
