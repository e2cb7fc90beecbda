#include "framework/cpu/tiled_gemm.h"

#include <algorithm>

#include "framework/cpu/parallel.h"

namespace fovea::cpu {
namespace {

constexpr Extent kWork = Extent{1} << 23;  // multiply-adds of a tile, some 50 microseconds
constexpr Extent kLeastRows = 32;          // the other factor is packed for each tile

Extent tile_of(const GemmSpec& spec) {
  const Extent row = std::max<Extent>(1, spec.n * spec.k);
  const Extent tile = std::max(kLeastRows, (kWork / row + kLeastRows - 1) / kLeastRows * kLeastRows);
  return std::min(tile, spec.m);
}

Gemm product_of(GemmSpec spec, Extent rows) {
  if (spec.lda == 0) spec.lda = spec.transpose_a ? spec.m : spec.k;
  spec.m = rows;
  return Gemm(spec);
}

}  // namespace

TiledGemm::TiledGemm(const GemmSpec& spec) : rows_(spec.m), tile_(tile_of(spec)), whole_(product_of(spec, tile_)) {
  a_row_ = spec.transpose_a ? 1 : whole_.spec().lda;
  c_row_ = whole_.spec().ldc;
  if (tile_ > 0 && rows_ % tile_ != 0) rest_ = product_of(spec, rows_ % tile_);
}

void TiledGemm::operator()(const Real* a, const Real* b, Real* c) const {
  if (tile_ == rows_) return whole_(a, b, c);
  parallel_tiles(rows_, tile_, [&](Extent begin, Extent end, Extent /*number*/) {
    const Gemm& product = end - begin == tile_ ? whole_ : rest_;
    product(a + begin * a_row_, b, c + begin * c_row_);
  });
}

}  // namespace fovea::cpu
