#pragma once

#include <utility>

#include "framework/cpu/vector_math.h"

// Internal to kernels: square blocks of kPack x kPack elements, transposed in registers.
namespace fovea::cpu {

using PackBlock = Pack[kPack];

template <int kDistance, int... kLane>
[[gnu::always_inline]] inline void exchange(Pack& upper, Pack& lower, std::integer_sequence<int, kLane...>) {
  constexpr int kLanes = static_cast<int>(kPack);
  const Pack first = upper;
  const Pack second = lower;
  upper = __builtin_shufflevector(first, second, ((kLane & kDistance) == 0 ? kLane : kLane - kDistance + kLanes)...);
  lower = __builtin_shufflevector(first, second, ((kLane & kDistance) == 0 ? kLane + kDistance : kLane + kLanes)...);
}

// Swaps the off-diagonal quarters of all sub-blocks of 2 kDistance rows, then goes on inside the quarters.
template <int kDistance>
[[gnu::always_inline]] inline void transpose_stage(PackBlock& block) {
#pragma GCC unroll 16
  for (int i = 0; i < static_cast<int>(kPack); ++i) {
    if ((i & kDistance) != 0) continue;
    exchange<kDistance>(block[i], block[i + kDistance], std::make_integer_sequence<int, static_cast<int>(kPack)>());
  }
  if constexpr (kDistance > 1) transpose_stage<kDistance / 2>(block);
}

inline void transpose(PackBlock& block) { transpose_stage<static_cast<int>(kPack) / 2>(block); }

/// Reads rows [0, rows) and columns [0, columns) of a matrix; the rest of the block is zero.
inline void read_block(const Real* from, Extent leading, Extent rows, Extent columns, PackBlock& block) {
  for (Extent i = 0; i < kPack; ++i) {
    if (i >= rows) {
      block[i] = Pack{};
    } else {
      block[i] = columns >= kPack ? load(from + i * leading) : load_part(from + i * leading, columns);
    }
  }
}

/// Reads a whole block. Inlined, so that a block that is transposed next stays in registers.
[[gnu::always_inline]] inline void read_whole_block(const Real* from, Extent leading, PackBlock& block) {
#pragma GCC unroll 16
  for (int i = 0; i < static_cast<int>(kPack); ++i) block[i] = load(from + i * leading);
}

struct BlockTarget {
  Real* data = nullptr;
  Extent leading = 0;
  Extent rows = 0;
  Extent columns = 0;
  bool accumulate = false;
};

/// Writes, or adds where `accumulate`, rows [0, rows) and columns [0, columns) of a block into a matrix.
inline void write_block(const PackBlock& block, const BlockTarget& to) {
  for (Extent i = 0; i < kPack && i < to.rows; ++i) {
    Real* row = to.data + i * to.leading;
    if (to.columns >= kPack) {
      store(row, to.accumulate ? load(row) + block[i] : block[i]);
    } else {
      store_part(row, to.accumulate ? load_part(row, to.columns) + block[i] : block[i], to.columns);
    }
  }
}

template <int kDistance>
[[gnu::always_inline]] inline void fold_stage(PackBlock& rows) {
#pragma GCC unroll 8
  for (int i = 0; i < kDistance; ++i) {
    exchange<kDistance>(rows[i], rows[i + kDistance], std::make_integer_sequence<int, static_cast<int>(kPack)>());
    rows[i] += rows[i + kDistance];
  }
  if constexpr (kDistance > 1) fold_stage<kDistance / 2>(rows);
}

/// Lane i: the sum of the lanes of row i, in the order of sum_lanes.
inline Pack fold_rows(PackBlock& rows) {
  fold_stage<static_cast<int>(kPack) / 2>(rows);
  return rows[0];
}

}  // namespace fovea::cpu
