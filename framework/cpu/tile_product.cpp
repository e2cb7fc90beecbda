#include "framework/cpu/tile_product.h"

#if defined(__AMX_BF16__) && defined(__AVX512BF16__) && !defined(FOVEA_F64)

#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "framework/cpu/transpose.h"

namespace fovea::cpu {
namespace {

struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// The intrinsics do not tell the compiler which memory they read: earlier stores must be finished.
inline void finish_stores() { __asm__ volatile("" ::: "memory"); }

// Registers: 0 to 3 sums, 4 and 5 tiles of A, 6 and 7 tiles of B. kRows and kColumns count tiles, 1 or 2.
template <int kRows, int kColumns>
void multiply_block(const TileProduct& product, const Bfloat16* a, const Bfloat16* b, float* c) {
  const auto c_stride = product.c_row * static_cast<Extent>(sizeof(float));
  const auto a_stride = product.a_row * static_cast<Extent>(sizeof(Bfloat16));
  float* lower = c + kTileRows * product.c_row;
  finish_stores();
  if (product.accumulate) {
    _tile_loadd(0, c, c_stride);
    if constexpr (kColumns == 2) _tile_loadd(1, c + kTileColumns, c_stride);
    if constexpr (kRows == 2) _tile_loadd(2, lower, c_stride);
    if constexpr (kRows == 2 && kColumns == 2) _tile_loadd(3, lower + kTileColumns, c_stride);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (Extent k = 0; k < product.depth; k += kTileDepth, b += product.b_tiles * kTileSize) {
    _tile_loadd(6, b, 64);
    if constexpr (kColumns == 2) _tile_loadd(7, b + kTileSize, 64);
    _tile_loadd(4, a + k, a_stride);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (kColumns == 2) _tile_dpbf16ps(1, 4, 7);
    if constexpr (kRows == 2) {
      _tile_loadd(5, a + k + kTileRows * product.a_row, a_stride);
      _tile_dpbf16ps(2, 5, 6);
      if constexpr (kColumns == 2) _tile_dpbf16ps(3, 5, 7);
    }
  }
  _tile_stored(0, c, c_stride);
  if constexpr (kColumns == 2) _tile_stored(1, c + kTileColumns, c_stride);
  if constexpr (kRows == 2) _tile_stored(2, lower, c_stride);
  if constexpr (kRows == 2 && kColumns == 2) _tile_stored(3, lower + kTileColumns, c_stride);
  finish_stores();
}

template <int kRows>
void multiply_rows(const TileProduct& product, const Bfloat16* a, float* c) {
  Extent pack = 0;
  for (; pack + 2 <= product.packs; pack += 2) {
    multiply_block<kRows, 2>(product, a, product.b + pack * kTileSize, c + pack * kTileColumns);
  }
  if (pack < product.packs) multiply_block<kRows, 1>(product, a, product.b + pack * kTileSize, c + pack * kTileColumns);
}

// Rows that do not fill a tile: through a buffer, since what follows in C belongs to others.
void multiply_rest(const TileProduct& product, Extent row) {
  alignas(64) float buffer[kTileRows * 4 * kTileColumns];
  const Extent width = product.packs * kTileColumns;
  const Extent rows = product.rows - row;
  TileProduct rest = product;
  rest.c_row = width;
  for (Extent i = 0; product.accumulate && i < rows; ++i) {
    std::memcpy(buffer + i * width, product.c + (row + i) * product.c_row, static_cast<std::size_t>(width) * sizeof(float));
  }
  multiply_rows<1>(rest, product.a + row * product.a_row, buffer);
  for (Extent i = 0; i < rows; ++i) {
    std::memcpy(product.c + (row + i) * product.c_row, buffer + i * width, static_cast<std::size_t>(width) * sizeof(float));
  }
}

// Two rows, element by element side by side.
void store_pairs(__m512 first, __m512 second, Bfloat16* to) {
  const auto widened = [](__m512 row) {
    const __m256bh halves = _mm512_cvtneps_pbh(row);
    __m256i bits;
    std::memcpy(&bits, &halves, sizeof(bits));
    return _mm512_maskz_cvtepu16_epi32(0xFFFF, bits);
  };
  const __m512i high = _mm512_maskz_slli_epi32(0xFFFF, widened(second), 16);
  _mm512_storeu_si512(to, _mm512_or_si512(widened(first), high));
}

}  // namespace

bool has_tiles() {
  // Linux keeps the tile registers from a process until it asks: arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA).
  constexpr int kRequestPermission = 0x1023;
  constexpr int kTileData = 18;
  static const bool granted =
      __builtin_cpu_supports("amx-bf16") && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return granted;
}

TileScope::TileScope() {
  static constexpr TileConfiguration kConfiguration;
  _tile_loadconfig(&kConfiguration);
}

TileScope::~TileScope() { _tile_release(); }

void multiply(const TileProduct& product) {
  Extent row = 0;
  for (; row + 2 * kTileRows <= product.rows; row += 2 * kTileRows) {
    multiply_rows<2>(product, product.a + row * product.a_row, product.c + row * product.c_row);
  }
  if (row + kTileRows <= product.rows) {
    multiply_rows<1>(product, product.a + row * product.a_row, product.c + row * product.c_row);
    row += kTileRows;
  }
  if (row < product.rows) multiply_rest(product, row);
}

void pack_tiles(const float* from, Extent leading, Extent depth, Extent packs, Bfloat16* tiles) {
  for (Extent k = 0; k < rounded_up(depth, kTileDepth); k += 2) {
    Bfloat16* to = tiles + k / kTileDepth * packs * kTileSize + k % kTileDepth * kTileColumns;
    for (Extent pack = 0; pack < packs; ++pack, to += kTileSize) {
      const float* row = from + k * leading + pack * kTileColumns;
      store_pairs(k < depth ? load(row) : Pack{}, k + 1 < depth ? load(row + leading) : Pack{}, to);
    }
  }
}

// NOLINTNEXTLINE(readability-function-size): two matrices, each a pointer and its extents
void round_rows(const float* from, Extent leading, Extent rows, Extent columns, Bfloat16* to, Extent to_row) {
  for (Extent row = 0; row < rows; ++row) {
    round_to_bfloat16(from + row * leading, columns, to + row * to_row);
    for (Extent column = columns; column < to_row; ++column) to[row * to_row + column] = 0;
  }
}

// NOLINTNEXTLINE(readability-function-size): two matrices, each a pointer and its extents
void round_transposed(const float* from, Extent leading, Extent rows, Extent columns, Bfloat16* to, Extent to_row) {
  PackBlock upper;
  PackBlock lower;
  for (Extent row = 0; row < rounded_up(rows, kTileDepth); row += 2 * kPack) {
    for (Extent column = 0; column < columns; column += kPack) {
      const float* corner = from + row * leading + column;
      read_block(corner, leading, rows - row, columns - column, upper);
      read_block(corner + kPack * leading, leading, rows - row - kPack, columns - column, lower);
      transpose(upper);
      transpose(lower);
      for (Extent i = 0; i < std::min(kPack, columns - column); ++i) {
        const __m512bh pair = _mm512_cvtne2ps_pbh(lower[i], upper[i]);
        std::memcpy(to + (column + i) * to_row + row, &pair, sizeof(pair));
      }
    }
  }
}

}  // namespace fovea::cpu

#else

namespace fovea::cpu {

bool has_tiles() { return false; }
TileScope::TileScope() = default;
TileScope::~TileScope() = default;
void multiply(const TileProduct& /*product*/) {}
void pack_tiles(const float* /*from*/, Extent, Extent, Extent, Bfloat16* /*tiles*/) {}
// NOLINTNEXTLINE(readability-function-size): two matrices, each a pointer and its extents
void round_rows(const float* /*from*/, Extent, Extent, Extent, Bfloat16* /*to*/, Extent) {}
// NOLINTNEXTLINE(readability-function-size): two matrices, each a pointer and its extents
void round_transposed(const float* /*from*/, Extent, Extent, Extent, Bfloat16* /*to*/, Extent) {}

}  // namespace fovea::cpu

#endif
