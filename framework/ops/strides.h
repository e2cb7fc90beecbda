#pragma once

#include <array>

#include "framework/core/shape.h"

namespace fovea {

/// How to read two tensors in the order of the elements of a third: axes that can be walked as one are joined, the
/// innermost one is the run. Made once per plan, so that a forward computes no shapes.
struct Walk {
  int outer = 0;  // axes around the run
  std::array<Extent, Shape::kMaxRank> extents{};
  std::array<Extent, Shape::kMaxRank> step_a{};
  std::array<Extent, Shape::kMaxRank> step_b{};
  Extent run = 1;
  Extent run_a = 1;  // strides within a run: 0 where one element is repeated
  Extent run_b = 1;
  Extent size = 0;
};

using Strides = std::array<Extent, Shape::kMaxRank>;

/// Row-major strides of a shape.
Strides dense_strides(const Shape& shape);
/// The strides of `shape` for walking `out`: 0 along repeated axes. Both are aligned at the last axis.
Strides broadcast_strides(const Shape& shape, const Shape& out);
Walk make_walk(const Shape& out, const Strides& a, const Strides& b);

/// True where `shape` broadcasts to `out`.
bool broadcasts_to(const Shape& shape, const Shape& out);

/// body(out, a, b): offsets of the first element of every run, in the order of the output.
template <class Body>
inline void each_run(const Walk& walk, Body body) {
  if (walk.size == 0) return;
  std::array<Extent, Shape::kMaxRank> at{};
  Extent out = 0;
  Extent a = 0;
  Extent b = 0;
  while (true) {
    body(out, a, b);
    out += walk.run;
    int axis = walk.outer - 1;
    for (; axis >= 0; --axis) {
      const auto slot = static_cast<std::size_t>(axis);
      a += walk.step_a[slot];
      b += walk.step_b[slot];
      if (++at[slot] < walk.extents[slot]) break;
      a -= walk.step_a[slot] * walk.extents[slot];
      b -= walk.step_b[slot] * walk.extents[slot];
      at[slot] = 0;
    }
    if (axis < 0) return;
  }
}

}  // namespace fovea
