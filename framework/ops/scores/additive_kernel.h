#pragma once

#include "framework/cpu/packs.h"

// Internal to additive_score.cpp: the units tanh(q + k), and sums over them for one item of the batch. All rows are
// padded with zeros to whole packs, so that the units past the end are finite and count for nothing.
namespace fovea::additive {

inline Pack reciprocal(Pack x) {
#if defined(FOVEA_F64)
  return 1 / x;
#else
  return cpu::reciprocal(x);
#endif
}

inline Extent padded(Extent width) { return (width + kPack - 1) / kPack * kPack; }

/// True where every |x| <= bound; false for NaN.
inline bool is_within(const Real* x, Extent n, Real bound) {
  auto outside = Pack{} != Pack{};
  for_packs(n, [&](Extent i, auto lanes) {
    const Pack value = lanes.load(x + i);
    outside |= ~(value <= cpu::broadcast(bound)) | ~(value >= cpu::broadcast(-bound));
  });
  bool found = false;
  for (Extent i = 0; i < kPack; ++i) found = found || outside[i] != 0;
  return !found;
}

/// Where the packs of a row go: row after row for forward; for backward the packs of all rows with the same place lie
/// together, so that the inner loops read memory in its order.
enum class Form : std::uint8_t { kExponential, kPlain };
struct Arrangement {
  Extent row_step;
  Extent pack_step;
  Form form;
};

inline void arrange(const Real* from, Extent rows, Extent width, Arrangement to, Real* out) {
  for (Extent row = 0; row < rows; ++row, from += width) {
    Real* target = out + row * to.row_step;
    for_packs(width, [&](Extent i, auto lanes) {
      const Pack value = lanes.load(from + i);
      Real kept[kPack] = {};
      lanes.store(kept, to.form == Form::kExponential ? cpu::exp_pack(value + value) : value);
      cpu::store(target + i / kPack * to.pack_step, cpu::load(kept));
    });
  }
}

/// Units of rows given as exp(2 q) and exp(2 k), both at most kBound in size before exp, so that the product is finite.
struct FromExponentials {
  static constexpr Real kBound = 20;
  static Pack unit(Pack q, Pack k) {
    const Pack r = reciprocal(cpu::multiply_add(q, k, cpu::broadcast(1)));
    return cpu::multiply_add(r, cpu::broadcast(-2), cpu::broadcast(1));
  }
};

/// Units of rows given as they are: for any values, and cheaper where there is one query.
struct FromSums {
  static Pack unit(Pack q, Pack k) { return cpu::tanh_pack(q + k); }
};

/// The sum of the lanes: the tree of cpu::sum_lanes, in registers.
inline Real sum_of(Pack sums) {
#if defined(__AVX512F__) && !defined(FOVEA_F64)
  const auto eight = __builtin_shufflevector(sums, sums, 0, 1, 2, 3, 4, 5, 6, 7) +
                     __builtin_shufflevector(sums, sums, 8, 9, 10, 11, 12, 13, 14, 15);
  const auto four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  const auto two = four + __builtin_shufflevector(four, four, 2, 3, 2, 3);
  return two[0] + two[1];
#else
  return cpu::sum_lanes(sums);
#endif
}

/// The rows of one item of the batch: q [M, width], k [N, width], v [width], width a multiple of kPack.
struct Rows {
  const Real* q;
  const Real* k;
  const Real* v;
  Extent queries;
  Extent keys;
  Extent width;
};

/// y [queries, keys] of the block of `m` queries and `n` keys at q, k.
template <class Units, int m, int n>
inline void score_block(const Rows& rows, const Real* q, const Real* k, Real* y) {
  Pack sums[m * n] = {};
  for (Extent h = 0; h < rows.width; h += kPack) {
    const Pack v = cpu::load(rows.v + h);
    Pack key[n];
    for (int j = 0; j < n; ++j) key[j] = cpu::load(k + j * rows.width + h);
    for (int i = 0; i < m; ++i) {
      const Pack query = cpu::load(q + i * rows.width + h);
      for (int j = 0; j < n; ++j) {
        sums[i * n + j] = cpu::multiply_add(v, Units::unit(query, key[j]), sums[i * n + j]);
      }
    }
  }
  for (int i = 0; i < m; ++i) {
    for (int j = 0; j < n; ++j) y[i * rows.keys + j] = sum_of(sums[i * n + j]);
  }
}

template <class Units, int m>
inline void score_rows(const Rows& rows, Extent query, Real* y) {
  constexpr int kBlock = 4;
  const Real* q = rows.q + query * rows.width;
  Extent key = 0;
  for (; key + kBlock <= rows.keys; key += kBlock) {
    score_block<Units, m, kBlock>(rows, q, rows.k + key * rows.width, y + query * rows.keys + key);
  }
  for (; key < rows.keys; ++key) {
    score_block<Units, m, 1>(rows, q, rows.k + key * rows.width, y + query * rows.keys + key);
  }
}

/// y_mn = sum over h of v_h unit_mnh
template <class Units>
inline void scores(const Rows& rows, Real* y) {
  Extent query = 0;
  for (; query + 2 <= rows.queries; query += 2) score_rows<Units, 2>(rows, query, y);
  if (query < rows.queries) score_rows<Units, 1>(rows, query, y);
}

/// The gradients of one pack of units, without the factor v for q and k:
///   grad_q_m = sum over n of g_mn (1 - unit^2), grad_k_n = sum over m of the same, grad_v = sum of g_mn unit.
/// q [M], k [N] and grad_q, grad_k are packs one after another; `m` queries at q.
template <class Units, int m>
inline Pack pull_block(const Rows& rows, const Real* q, const Real* g, Real* grad_q, Real* grad_k) {
  Pack query[m];
  Pack sums[m] = {};
  Pack sums_v[m] = {};
  for (int i = 0; i < m; ++i) query[i] = cpu::load(q + i * kPack);
  for (Extent n = 0; n < rows.keys; ++n) {
    const Pack key = cpu::load(rows.k + n * kPack);
    Pack sum_k = cpu::load(grad_k + n * kPack);
    for (int i = 0; i < m; ++i) {
      const Pack grad = cpu::broadcast(g[i * rows.keys + n]);
      const Pack unit = Units::unit(query[i], key);
      const Pack slope = cpu::multiply_add(-unit, unit, cpu::broadcast(1));
      sums[i] = cpu::multiply_add(grad, slope, sums[i]);
      sum_k = cpu::multiply_add(grad, slope, sum_k);
      sums_v[i] = cpu::multiply_add(grad, unit, sums_v[i]);
    }
    cpu::store(grad_k + n * kPack, sum_k);
  }
  Pack total{};
  for (int i = 0; i < m; ++i) {
    cpu::store(grad_q + i * kPack, sums[i]);
    total += sums_v[i];
  }
  return total;
}

/// All queries; grad_k starts at 0. Returns the gradient of v.
template <class Units>
inline Pack pull(const Rows& rows, const Real* g, Real* grad_q, Real* grad_k) {
  constexpr int kBlock = 4;
  Pack total{};
  Extent query = 0;
  const auto block = [&](auto pull_some) {
    return pull_some(rows, rows.q + query * kPack, g + query * rows.keys, grad_q + query * kPack, grad_k);
  };
  for (; query + kBlock <= rows.queries; query += kBlock) total += block(pull_block<Units, kBlock>);
  for (; query < rows.queries; ++query) total += block(pull_block<Units, 1>);
  return total;
}

}  // namespace fovea::additive
