#include "framework/cpu/pair_product.h"

#if defined(__AMX_BF16__) && defined(__AVX512BF16__) && !defined(FOVEA_F64)

#include <immintrin.h>

#include <algorithm>

#include "framework/cpu/tile_product.h"
#include "framework/cpu/transpose.h"

// Products of pairs in the tile registers of AMX: registers 0 to 3 hold sums of 16 rows by 16 columns, 4 a tile of A, 5 of
// B.
namespace fovea::cpu {
namespace {

constexpr Extent kTilePairs = 16;  // steps of a tile
constexpr Extent kMostTiles = 16;  // of A that are transposed at a time
constexpr Extent kPairBytes = sizeof(BfloatPair);

struct alignas(64) Configuration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};

void configure(Extent rows, Extent steps) {
  Configuration configuration;
  for (int sums = 0; sums < 4; ++sums) {
    configuration.rows[sums] = static_cast<std::uint8_t>(rows);
    configuration.row_bytes[sums] = 64;
  }
  configuration.rows[4] = static_cast<std::uint8_t>(rows);
  configuration.row_bytes[4] = static_cast<std::uint16_t>(steps * kPairBytes);
  configuration.rows[5] = static_cast<std::uint8_t>(steps);
  configuration.row_bytes[5] = 64;
  _tile_loadconfig(&configuration);
}

// The intrinsics do not tell the compiler which memory they read: earlier stores must be finished.
inline void finish_stores() { __asm__ volatile("" ::: "memory"); }

// Tiles of A [blocks, count], each kTilePairs further on or a whole tile where they lie in a buffer.
struct LeftTiles {
  const BfloatPair* at;
  Extent stride;  // bytes from row to row
  Extent next;    // pairs from tile to tile
  Extent block;
  Extent count;  // in each block
};

template <int kPacks>
void multiply_row_tile(const PairProduct& product, const LeftTiles& a, const BfloatPair* b, float* c) {
  const Extent c_stride = product.c_row * static_cast<Extent>(sizeof(float));
  const Extent b_stride = product.b_row * kPairBytes;
  finish_stores();
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  if (product.accumulate) {
    _tile_loadd(0, c, c_stride);
    if constexpr (kPacks > 1) _tile_loadd(1, c + 16, c_stride);
    if constexpr (kPacks > 2) _tile_loadd(2, c + 32, c_stride);
    if constexpr (kPacks > 3) _tile_loadd(3, c + 48, c_stride);
  }
  for (Extent block = 0; block < product.blocks; ++block) {
    for (Extent tile = 0; tile < a.count; ++tile) {
      const BfloatPair* right = b + block * product.b_block + tile * kTilePairs * product.b_row;
      _tile_loadd(4, a.at + block * a.block + tile * a.next, a.stride);
      _tile_loadd(5, right, b_stride);
      _tile_dpbf16ps(0, 4, 5);
      if constexpr (kPacks > 1) {
        _tile_loadd(5, right + 16, b_stride);
        _tile_dpbf16ps(1, 4, 5);
      }
      if constexpr (kPacks > 2) {
        _tile_loadd(5, right + 32, b_stride);
        _tile_dpbf16ps(2, 4, 5);
      }
      if constexpr (kPacks > 3) {
        _tile_loadd(5, right + 48, b_stride);
        _tile_dpbf16ps(3, 4, 5);
      }
    }
  }
  _tile_stored(0, c, c_stride);
  if constexpr (kPacks > 1) _tile_stored(1, c + 16, c_stride);
  if constexpr (kPacks > 2) _tile_stored(2, c + 32, c_stride);
  if constexpr (kPacks > 3) _tile_stored(3, c + 48, c_stride);
  finish_stores();
}

// A [rows <= 16, steps] whose rows lie side by side.
struct LeftSteps {
  const BfloatPair* at;
  Extent rows;
  Extent steps;
};

// Its tiles: buffer [tiles, 16 rows, 16 pairs].
void transpose_tiles(const PairProduct& product, const LeftSteps& a, BfloatPair* buffer) {
  const auto bytes = static_cast<std::size_t>(a.rows * kPairBytes);
  for (Extent step = 0; step < a.steps; step += kTilePairs, buffer += kTilePairs * kTilePairs) {
    PackBlock block;
    for (Extent i = 0; i < kTilePairs; ++i) {
      block[i] = Pack{};
      if (step + i < a.steps) std::memcpy(&block[i], a.at + (step + i) * product.a_step, bytes);
    }
    transpose(block);
    std::memcpy(buffer, &block, sizeof(block));
  }
}

// Steps [first, first + steps) of every block, whole tiles or one that is not.
void multiply_steps(const PairProduct& product, Extent first, Extent steps) {
  static constexpr decltype(&multiply_row_tile<1>) kFunctions[] = {multiply_row_tile<1>, multiply_row_tile<2>,
                                                                   multiply_row_tile<3>, multiply_row_tile<4>};
  alignas(64) BfloatPair buffer[kMostTiles * kTilePairs * kTilePairs];
  const bool is_transposed = product.a_step != 1;
  Extent configured = 0;
  for (Extent row = 0; row < product.rows; row += kTileRows) {
    const Extent rows = std::min(kTileRows, product.rows - row);
    if (rows != configured) configure(rows, std::min(steps, kTilePairs));
    configured = rows;
    const BfloatPair* a = product.a + row * product.a_row + first * product.a_step;
    LeftTiles left{a, product.a_row * kPairBytes, kTilePairs, product.a_block, (steps + kTilePairs - 1) / kTilePairs};
    if (is_transposed) {
      transpose_tiles(product, {a, rows, steps}, buffer);
      left = {buffer, kTilePairs * kPairBytes, kTilePairs * kTilePairs, 0, left.count};
    }
    kFunctions[product.packs - 1](product, left, product.b + first * product.b_row, product.c + row * product.c_row);
  }
}

}  // namespace

bool multiply_in_tiles(const PairProduct& product) {
  const bool is_transposed = product.a_step != 1;
  if (!has_tiles() || (is_transposed && (product.blocks > 1 || product.a_row != 1))) return false;
  const Extent most = is_transposed ? kMostTiles * kTilePairs : product.steps;
  PairProduct part = product;
  for (Extent first = 0; first < product.steps;) {
    const Extent left = product.steps - first;
    const Extent steps = left < kTilePairs ? left : std::min(most, left / kTilePairs * kTilePairs);
    multiply_steps(part, first, steps);
    part.accumulate = true;
    first += steps;
  }
  _tile_release();
  return true;
}

}  // namespace fovea::cpu

#else

namespace fovea::cpu {
bool multiply_in_tiles(const PairProduct& /*product*/) { return false; }
}  // namespace fovea::cpu

#endif
