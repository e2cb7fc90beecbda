#include "modules/memory/large/memory_read_row.h"

#include <algorithm>
#include <cmath>

#include "framework/core/span.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/row_math.h"
#include "framework/cpu/transpose.h"

namespace fovea {
namespace {

Real length_of(std::span<const Real> x) { return std::sqrt(cpu::dot(x, x)); }

void add_scaled(Real factor, std::span<const Real> from, Real* to) {
  if (to == nullptr) return;
  for_packs(static_cast<Extent>(from.size()), [=](Extent d, auto lanes) {
    lanes.store(to + d, cpu::multiply_add(cpu::broadcast(factor), lanes.load(from.data() + d), lanes.load(to + d)));
  });
}

/// a . b in lanes that are not added yet.
[[gnu::always_inline]] inline Pack product(const Real* a, const Real* b, Extent width) {
  Pack sum{};
  for_packs(width, [&](Extent d, auto lanes) { sum = cpu::multiply_add(lanes.load(a + d), lanes.load(b + d), sum); });
  return sum;
}

/// Lane i: the gradient of the score of the kept slot first + i, with its sharpness.
Pack grads_of_scores(const ReadRow& row, Extent first, Extent count, Real mean) {
  cpu::PackBlock pulls{};
  for (Extent i = 0; i < count; ++i) pulls[i] = product(row.grad_read, row.value(first + i), row.value_width);
  const Pack pull = cpu::fold_rows(pulls) + cpu::load_part(row.grad_weights + first, count);
  return cpu::load_part(row.weights + first, count) * (pull - mean);
}

struct ScorePart {
  Extent first, count;
  Pack grads;
};

void pull_scores(const ReadRow& row, const ScoreRule& rule, const ScorePart& part) {
  const std::span<const Real> query = span_of(row.query, row.width);
  for (Extent i = 0; i < part.count; ++i) {
    const Extent k = part.first + i;
    if (row.grad_sharpness != nullptr) *row.grad_sharpness += part.grads[i] * score_of(rule, query, row.key(k));
    Real* grad_key = row.grad_keys == nullptr ? nullptr : row.grad_keys + row.kept[k] * row.width;
    if (rule.is_cosine) {
      pull_score(rule, query, row.key(k), part.grads[i] * row.sharpness, {row.grad_query, grad_key});
    } else {
      add_scaled(part.grads[i] * row.sharpness * rule.factor, query, grad_key);
    }
  }
  if (rule.is_cosine || row.grad_query == nullptr) return;
  const Pack factors = part.grads * (row.sharpness * rule.factor);  // s = factor q . k  =>  grad_q += factor grad_s k
  for_packs(row.width, [&](Extent d, auto lanes) {
    Pack sum = lanes.load(row.grad_query + d);
    for (Extent i = 0; i < part.count; ++i) {
      sum = cpu::multiply_add(cpu::broadcast(factors[i]), lanes.load(row.key(part.first + i).data() + d), sum);
    }
    lanes.store(row.grad_query + d, sum);
  });
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
void pull_score(const ScoreRule& rule, std::span<const Real> query, std::span<const Real> key, Real factor,
                PairGradients grad) {
  factor *= rule.factor;
  if (!rule.is_cosine) {
    add_scaled(factor, key, grad.query);
    add_scaled(factor, query, grad.key);
    return;
  }
  const Real of_query = length_of(query);
  const Real of_key = length_of(key);
  const Real lengths = std::max(of_query, rule.epsilon) * std::max(of_key, rule.epsilon);
  const Real cosine = cpu::dot(query, key) / lengths;
  add_scaled(factor / lengths, key, grad.query);
  add_scaled(factor / lengths, query, grad.key);
  if (of_query > rule.epsilon) add_scaled(-factor * cosine / (of_query * of_query), query, grad.query);
  if (of_key > rule.epsilon) add_scaled(-factor * cosine / (of_key * of_key), key, grad.key);
}

void put_in_order(const FoundSlots& found, Index* kept, Real* weights) {
  for (Extent i = 0; i < found.count; ++i) {  // few of them: each counts those before it
    const Index slot = found.slots[i * found.stride];
    Extent place = 0;
    for (Extent j = 0; j < found.count; ++j) place += found.slots[j * found.stride] < slot ? 1 : 0;
    kept[place] = slot;
    weights[place] = found.scores[i * found.stride];
  }
  const std::span<Real> row = span_of(weights, found.count);
  cpu::softmax_weights(row, row);
}

void read_kept(const ReadRow& row) {
  for_packs(row.value_width, [&](Extent d, auto lanes) {
    Pack sum{};
    for (Extent k = 0; k < row.count; ++k) {
      sum = cpu::multiply_add(cpu::broadcast(row.weights[k]), lanes.load(row.value(k) + d), sum);
    }
    lanes.store(row.read + d, sum);
  });
}

// read = sum w_k v_k, w = softmax(sharpness s)  =>  g_k = grad_read . v_k + grad_w_k; grad_v_k += w_k grad_read;
// grad of sharpness s_k: w_k (g_k - mean), mean = sum over j of w_j g_j = grad_read . read + sum over j of w_j grad_w_j
void pull_read(const ReadRow& row, const ScoreRule& rule) {
  const Real mean =
      cpu::sum_lanes(product(row.grad_read, row.read, row.value_width) + product(row.weights, row.grad_weights, row.count));
  const std::span<const Real> grad_read = span_of(row.grad_read, row.value_width);
  for (Extent first = 0; first < row.count; first += kPack) {
    const Extent count = std::min<Extent>(kPack, row.count - first);
    if (row.grad_values != nullptr) {
      for (Extent k = first; k < first + count; ++k) {
        add_scaled(row.weights[k], grad_read, row.grad_values + row.kept[k] * row.value_width);
      }
    }
    if (row.wants_scores()) pull_scores(row, rule, {first, count, grads_of_scores(row, first, count, mean)});
  }
}

}  // namespace fovea
