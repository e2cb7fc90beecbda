#pragma once

#include <array>
#include <span>

#include "framework/core/real.h"
#include "framework/cpu/fetch_tiles.h"
#include "framework/cpu/vector_math.h"

// Internal to recurrent kernels: products with a factor that is kept in panels, narrow matrices of up to four packs of
// columns whose rows follow each other. A panel is packed once and then used by many rows, at every step of a sequence.
namespace fovea::cpu {

inline constexpr Extent kPanelPacks = 4;
inline constexpr Extent kPanelWidth = kPanelPacks * kPack;

/// C [rows, packs * kPack] (+)= A [rows, blocks * steps] B [blocks * steps, packs * kPack].
/// Element (r, (block, step)) of A is a[block * a_block + r * a_row + step * a_step], and B's row is at
/// b + block * b_block + step * b_row.
struct PanelProduct {
  const Real* a = nullptr;
  Extent a_row = 0;
  Extent a_step = 1;
  Extent a_block = 0;
  const Real* b = nullptr;
  Extent b_row = kPanelWidth;
  Extent b_block = 0;
  Extent blocks = 1;
  Extent steps = 0;
  Real* c = nullptr;
  Extent c_row = kPanelWidth;
  Extent rows = 0;
  Extent packs = kPanelPacks;
  bool accumulate = false;
  // What is wanted after this product is fetched into the second-level cache meanwhile:
  Extent next = 0;                                  // the distance from b to the next panel; 0: none
  std::array<std::span<const Real>, 3> fetch = {};  // and dense memory
  FetchTiles tiles = {};                            // and rows of memory
};

void multiply(const PanelProduct& product);

/// Weights [*, width], of which gate g has the rows from gates[g] * units on.
struct GateWeights {
  const Real* data = nullptr;
  Extent width = 0;
  Extent units = 0;
  std::span<const int> gates;
};

/// One panel of a transposed weight matrix: out[k][gate * kPack + lane] = weights[gates[gate] * units + first + lane][k],
/// zero where first + lane >= units. Shape: out [width, gates * kPack].
void pack_transposed(const GateWeights& weights, Extent first, Real* out);

}  // namespace fovea::cpu
