#include "framework/cpu/row_math.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "framework/core/error.h"
#include "framework/core/span.h"
#include "framework/cpu/lanes.h"
#include "framework/cpu/vector_math.h"

namespace fovea::cpu {
namespace {

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

Extent length(std::span<const Real> row) { return static_cast<Extent>(row.size()); }

// out = function(in), pack by pack; the last pack is partly filled, so every element meets the same instructions.
template <class Function>
void map(std::span<const Real> in, std::span<Real> out, Function function) {
  FOVEA_ASSERT(in.size() == out.size());
  const Extent n = length(in);
  Extent i = 0;
  for (; i + kPack <= n; i += kPack) store(out.data() + i, function(load(in.data() + i)));
  if (i < n) store_part(out.data() + i, function(load_part(in.data() + i, n - i)), n - i);
}

// out = function(in, out).
template <class Function>
void update(std::span<const Real> in, std::span<Real> out, Function function) {
  FOVEA_ASSERT(in.size() == out.size());
  const Extent n = length(in);
  Extent i = 0;
  for (; i + kPack <= n; i += kPack) store(out.data() + i, function(load(in.data() + i), load(out.data() + i)));
  if (i < n) {
    const Pack part = function(load_part(in.data() + i, n - i), load_part(out.data() + i, n - i));
    store_part(out.data() + i, part, n - i);
  }
}

// The sum of term(i) over all packs i of a row, in four chains that are joined in a fixed order.
template <class Whole, class Part>
Real sum_packs(Extent n, Whole whole, Part part) {
  Pack chains[4] = {};
  Extent i = 0;
  for (; i + 4 * kPack <= n; i += 4 * kPack) {
    for (Extent chain = 0; chain < 4; ++chain) chains[chain] = whole(i + chain * kPack, chains[chain]);
  }
  for (; i + kPack <= n; i += kPack) chains[0] = whole(i, chains[0]);
  if (i < n) chains[1] = part(i, n - i, chains[1]);
  return sum_lanes((chains[0] + chains[1]) + (chains[2] + chains[3]));
}

// out = exp(in - shift); returns the sum of out.
Real exp_shifted(std::span<const Real> in, Real shift, std::span<Real> out) {
  const Extent n = length(in);
  const Pack offset = broadcast(shift);
  Pack total{};
  Extent i = 0;
  for (; i + kPack <= n; i += kPack) {
    const Pack value = exp_pack(load(in.data() + i) - offset);
    store(out.data() + i, value);
    total += value;
  }
  if (i < n) {
    store_part(out.data() + i, exp_pack(load_part(in.data() + i, n - i) - offset), n - i);
    total += load_part(out.data() + i, n - i);  // read back: the lanes past the end must not be counted
  }
  return sum_lanes(total);
}

struct Partition {
  Real most;   // of the scores
  Real total;  // sum of exp(score - most)
};

Partition normalise_exp(std::span<const Real> scores, std::span<Real> weights) {
  const Real most = max(scores);
  if (most == -kInfinity) {  // nothing is allowed, or the row is empty
    for (Real& weight : weights) weight = 0;
    return {most, 0};
  }
  const Real total = exp_shifted(scores, most, weights);
  scale(Real(1) / total, weights);
  return {most, total};
}

// exp(x + g), g = -log(-log(u)), u as Rng::fill_uniform makes it from a draw: at most exp(x) 2^24, at least exp(x) / 17.
Pack race(Pack x, const std::uint32_t* draws) {
  using Draws = std::int32_t __attribute__((vector_size(kPack * sizeof(std::int32_t))));
  std::uint32_t __attribute__((vector_size(sizeof(Draws)))) words;
  std::memcpy(&words, draws, sizeof(words));
  const Pack uniform = (__builtin_convertvector(reinterpret_cast<Draws>(words >> 9), Pack) + Real(0.5)) * Real(0x1p-23);
  return exp_pack(x) * reciprocal(-log_normal(uniform));
}

// p_i = exp(z_i) / sum(exp(z)):    dz_i += p_i (g_i - sum_j p_j g_j), with the old dz_i by whole(i) and part(i, count)
template <class Whole, class Part>
void pull_softmax(std::span<const Real> weights, std::span<const Real> grad_weights, std::span<Real> grad_scores,
                  Whole whole, Part part) {
  const Pack mean = broadcast(dot(weights, grad_weights));
  const Extent n = length(weights);
  Extent i = 0;
  for (; i + kPack <= n; i += kPack) {
    const Pack excess = load(grad_weights.data() + i) - mean;
    store(grad_scores.data() + i, multiply_add(load(weights.data() + i), excess, whole(i)));
  }
  if (i < n) {
    const Extent rest = n - i;
    const Pack excess = load_part(grad_weights.data() + i, rest) - mean;
    store_part(grad_scores.data() + i, multiply_add(load_part(weights.data() + i, rest), excess, part(i, rest)), rest);
  }
}

}  // namespace

void exp(std::span<const Real> in, std::span<Real> out) { map(in, out, exp_pack); }
void log(std::span<const Real> in, std::span<Real> out) { map(in, out, log_pack); }
void gumbel(std::span<const Real> in, std::span<Real> out) {
  map(in, out, [](Pack u) { return -log_pack(-log_pack(u)); });
}
void tanh(std::span<const Real> in, std::span<Real> out) { map(in, out, tanh_pack); }
void sigmoid(std::span<const Real> in, std::span<Real> out) { map(in, out, sigmoid_pack); }

Real sum(std::span<const Real> in) {
  return sum_packs(
      length(in), [&](Extent i, Pack total) { return total + load(in.data() + i); },
      [&](Extent i, Extent count, Pack total) { return total + load_part(in.data() + i, count); });
}

Real dot(std::span<const Real> a, std::span<const Real> b) {
  FOVEA_ASSERT(a.size() == b.size());
  return sum_packs(
      length(a), [&](Extent i, Pack total) { return multiply_add(load(a.data() + i), load(b.data() + i), total); },
      [&](Extent i, Extent count, Pack total) {
        return multiply_add(load_part(a.data() + i, count), load_part(b.data() + i, count), total);
      });
}

Real max(std::span<const Real> in) {
  const Extent n = length(in);
  Pack most = broadcast(0) - kInfinity;
  std::uint32_t doubtful = 0;  // a comparison alone would lose a NaN
  const auto take = [&](Pack value) {
    most = larger(most, value);
    doubtful |= bits(undefined(value));
  };
  Extent i = 0;
  for (; i + kPack <= n; i += kPack) take(load(in.data() + i));
  if (i < n) take(n < kPack ? load_part_or(in.data(), n, -kInfinity) : load(in.data() + n - kPack));  // some of them twice
  return doubtful == 0 ? largest_lane(most) : std::numeric_limits<Real>::quiet_NaN();
}

void add(std::span<const Real> in, std::span<Real> out) {
  update(in, out, [](Pack x, Pack y) { return y + x; });
}

void add_scaled(Real factor, std::span<const Real> in, std::span<Real> out) {
  update(in, out, [scale = broadcast(factor)](Pack x, Pack y) { return multiply_add(scale, x, y); });
}

void scale(Real factor, std::span<Real> values) {
  map(values, values, [factor](Pack x) { return x * factor; });
}

Real softmax(std::span<const Real> scores, std::span<Real> weights) {
  const auto [most, total] = normalise_exp(scores, weights);
  return most == -kInfinity ? most : most + std::log(total);
}

void softmax_weights(std::span<const Real> scores, std::span<Real> weights) { normalise_exp(scores, weights); }

void softmax_backward(std::span<const Real> weights, std::span<const Real> grad_weights, std::span<Real> grad_scores) {
  pull_softmax(
      weights, grad_weights, grad_scores, [&](Extent i) { return load(grad_scores.data() + i); },
      [&](Extent i, Extent count) { return load_part(grad_scores.data() + i, count); });
}

void assign_softmax_backward(std::span<const Real> weights, std::span<const Real> grad_weights,
                             std::span<Real> grad_scores) {
  pull_softmax(
      weights, grad_weights, grad_scores, [](Extent) { return Pack{}; }, [](Extent, Extent) { return Pack{}; });
}

void gumbel_softmax(std::span<const Real> scores, Rng& rng, std::span<Real> weights) {
  FOVEA_ASSERT(scores.size() == weights.size());
  constexpr Extent kDraws = 256;
  static_assert(kDraws % kPack == 0);
  const Real most = max(scores);
  if (most == -kInfinity) return std::fill(weights.begin(), weights.end(), Real{0});
  const Extent n = length(scores);
  std::array<std::uint32_t, kDraws> draws;
  Pack total{};
  for (Extent i = 0; i < n; i += kPack) {
    const Extent at = i % kDraws;
    if (at == 0) rng.fill_bits(span_of(draws.data(), std::min(kDraws, n - i)));
    const Extent rest = n - i;
    if (rest >= kPack) {
      const Pack value = race(load(scores.data() + i) - most, draws.data() + at);
      store(weights.data() + i, value);
      total += value;
    } else {
      std::fill_n(draws.data() + at + rest, kPack - rest, 0U);
      store_part(weights.data() + i, race(load_part(scores.data() + i, rest) - most, draws.data() + at), rest);
      total += load_part(weights.data() + i, rest);  // read back: the lanes past the end must not be counted
    }
  }
  scale(Real(1) / sum_lanes(total), weights);
}

bool all_finite(std::span<const Real> in) {
  // x - x is 0 for finite x and NaN otherwise.
  const Real rest = sum_packs(
      length(in), [&](Extent i, Pack total) { return total + (load(in.data() + i) - load(in.data() + i)); },
      [&](Extent i, Extent count, Pack total) {
        const Pack part = load_part(in.data() + i, count);
        return total + (part - part);
      });
  return rest == Real(0);
}

}  // namespace fovea::cpu
