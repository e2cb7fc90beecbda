#pragma once

#include "framework/cpu/gemm.h"

namespace fovea::cpu {

/// A product made ready for one shape, whose rows the threads share where it is large.
///
/// The tiles of rows depend on the spec alone, and so do the bits. Safe to call from many threads at once.
/// Errors    those of Gemm.
class TiledGemm {
 public:
  TiledGemm() = default;
  explicit TiledGemm(const GemmSpec& spec);

  void operator()(const Real* a, const Real* b, Real* c) const;

 private:
  Extent rows_ = 0;
  Extent tile_ = 0;   // rows
  Extent a_row_ = 0;  // distances of rows, in A of columns where it is transposed
  Extent c_row_ = 0;
  Gemm whole_;  // of a tile, or of all rows
  Gemm rest_;   // of the last tile, where that is shorter
};

}  // namespace fovea::cpu
