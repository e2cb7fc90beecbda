#include "framework/ops/strides.h"

namespace fovea {

Strides dense_strides(const Shape& shape) {
  Strides strides{};
  Extent step = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

Strides broadcast_strides(const Shape& shape, const Shape& out) {
  const Strides dense = dense_strides(shape);
  Strides strides{};
  const int missing = out.rank() - shape.rank();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const bool repeated = shape[axis] == 1;
    strides[axis + missing] = repeated ? 0 : dense[axis];
  }
  return strides;
}

bool broadcasts_to(const Shape& shape, const Shape& out) {
  if (shape.rank() > out.rank()) return false;
  for (int axis = -1; axis >= -shape.rank(); --axis) {
    if (shape[axis] != 1 && shape[axis] != out[axis]) return false;
  }
  return true;
}

Walk make_walk(const Shape& out, const Strides& a, const Strides& b) {
  Walk walk;
  walk.size = out.size();
  // Axes from the innermost outwards; an axis whose strides continue those of the one inside it joins it.
  int count = 0;
  std::array<Extent, Shape::kMaxRank> extents{};
  std::array<Extent, Shape::kMaxRank> step_a{};
  std::array<Extent, Shape::kMaxRank> step_b{};
  for (int axis = out.rank() - 1; axis >= 0; --axis) {
    if (out[axis] == 1) continue;
    const auto from = static_cast<std::size_t>(axis);
    const auto last = static_cast<std::size_t>(count - 1);
    if (count > 0 && a[from] == step_a[last] * extents[last] && b[from] == step_b[last] * extents[last]) {
      extents[last] *= out[axis];
      continue;
    }
    const auto to = static_cast<std::size_t>(count++);
    extents[to] = out[axis];
    step_a[to] = a[from];
    step_b[to] = b[from];
  }
  if (count == 0) return walk;
  walk.run = extents[0];
  walk.run_a = step_a[0];
  walk.run_b = step_b[0];
  walk.outer = count - 1;
  for (int axis = 1; axis < count; ++axis) {
    const auto to = static_cast<std::size_t>(walk.outer - axis);
    walk.extents[to] = extents[axis];
    walk.step_a[to] = step_a[axis];
    walk.step_b[to] = step_b[axis];
  }
  return walk;
}

}  // namespace fovea
