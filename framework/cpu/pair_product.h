#pragma once

#include "framework/cpu/bfloat16.h"
#include "framework/cpu/fetch_tiles.h"

// Internal to kernels: products of bfloat16 factors, summed in float32, with factors kept in panels as in panel_product.h.
// An element is a pair of factors that belong to two steps in succession, the earlier one in the lower half.
namespace fovea::cpu {

using BfloatPair = std::uint32_t;

/// True where this build multiplies pairs; the functions below do nothing elsewhere.
#if defined(__AVX512BF16__) && !defined(FOVEA_F64)
inline constexpr bool kHasPairs = true;
#else
inline constexpr bool kHasPairs = false;
#endif

inline constexpr Extent kPairPack = 16;  // columns of a pack
inline constexpr Extent kPairPanelWidth = 64;

/// C [rows, packs * 16] (+)= A [rows, blocks * steps pairs] B [blocks * steps pairs, packs * 16]; extents and distances of
/// A and B count pairs. Element (r, (block, step)) of A is at a + block * a_block + r * a_row + step * a_step.
struct PairProduct {
  const BfloatPair* a = nullptr;
  Extent a_row = 0;
  Extent a_step = 1;
  Extent a_block = 0;
  const BfloatPair* b = nullptr;
  Extent b_row = kPairPanelWidth;
  Extent b_block = 0;
  Extent blocks = 1;
  Extent steps = 0;
  Real* c = nullptr;
  Extent c_row = kPairPanelWidth;
  Extent rows = 0;
  Extent packs = 4;
  bool accumulate = false;
  FetchTiles tiles = {};  // fetched meanwhile, since they are wanted after this product
};

void multiply(const PairProduct& product);

/// The same in the tile registers of AMX; false where the machine has none. Part of `multiply`.
bool multiply_in_tiles(const PairProduct& product);

}  // namespace fovea::cpu
