#pragma once

#include "framework/cpu/bfloat16.h"

// Internal to recurrent kernels: products of bfloat16 factors in the tile registers of AMX, summed in float32. A tile is
// 16 rows of 32 elements of A, or 16 pairs of rows by 16 columns of B. Empty where the build has no AMX.
namespace fovea::cpu {

inline constexpr Extent kTileRows = 16;
inline constexpr Extent kTileDepth = 32;
inline constexpr Extent kTileColumns = 16;
inline constexpr Extent kTileSize = kTileDepth * kTileColumns;

inline constexpr Extent rounded_up(Extent extent, Extent multiple) { return (extent + multiple - 1) / multiple * multiple; }

/// True where this build and this machine have the tiles; asks the system for them once.
bool has_tiles();

/// Holds the tile registers of the calling thread for its lifetime.
class TileScope {
 public:
  TileScope();
  // NOLINTNEXTLINE(performance-trivially-destructible): only where the processor has no tiles
  ~TileScope();
  TileScope(const TileScope&) = delete;
  TileScope& operator=(const TileScope&) = delete;
};

/// C [rows, packs * 16] (+)= A [rows, depth] B [depth, packs * 16]; depth is a multiple of 32, and the rows of A go on, in
/// readable memory, up to a multiple of 16. B is in tiles [depth / 32, b_tiles], of which the first `packs` count.
struct TileProduct {
  const Bfloat16* a = nullptr;
  Extent a_row = 0;
  Extent depth = 0;
  const Bfloat16* b = nullptr;
  Extent b_tiles = 4;
  float* c = nullptr;
  Extent c_row = 0;
  Extent rows = 0;
  Extent packs = 4;
  bool accumulate = false;
};

/// Only inside a TileScope.
void multiply(const TileProduct& product);

/// from [depth, packs * 16] with rows of `leading` -> tiles [depth / 32 rounded up, packs], zero past the end.
void pack_tiles(const float* from, Extent leading, Extent depth, Extent packs, Bfloat16* tiles);

/// from [rows, columns] -> to [rows, to_row]; columns past the end are zero.
void round_rows(const float* from, Extent leading, Extent rows, Extent columns, Bfloat16* to, Extent to_row);

/// from [rows, columns] -> to [columns, to_row]: to[column][row]; rows up to a multiple of 32 are zero.
void round_transposed(const float* from, Extent leading, Extent rows, Extent columns, Bfloat16* to, Extent to_row);

}  // namespace fovea::cpu
