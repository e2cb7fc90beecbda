#include "framework/ops/checks.h"

#include "framework/core/error.h"

namespace fovea {

void reject(std::string_view op, const std::string& fact) { throw Error(std::string(op), fact); }

void require_count(std::string_view op, std::span<const Type> in, std::size_t count) {
  if (in.size() == count) return;
  reject(op, std::to_string(count) + " inputs were expected; " + std::to_string(in.size()) + " came.");
}

void require_real(std::string_view op, const Type& type, std::string_view input) {
  if (type.kind == Kind::kReal) return;
  reject(op, describe(input, type) + " is of kind Index but Real is needed; use to_real or an embedding.");
}

void require_index(std::string_view op, const Type& type, std::string_view input) {
  if (type.kind == Kind::kIndex) return;
  reject(op, describe(input, type) + " is of kind Real but Index is needed; give indices, targets or a mask.");
}

void require_rank(std::string_view op, const Type& type, int rank, std::string_view input) {
  if (type.shape.rank() >= rank) return;
  reject(op, describe(input, type) + " has too few axes; at least " + std::to_string(rank) + " are needed.");
}

std::string describe(std::string_view input, const Type& type) { return std::string(input) + " " + type.shape.text(); }

int front_axis(std::string_view op, int axis, int rank) {
  const int front = axis < 0 ? axis + rank : axis;
  if (front >= 0 && front < rank) return front;
  reject(op, "axis " + std::to_string(axis) + " does not exist in " + std::to_string(rank) + " axes; give one in [" +
                 std::to_string(-rank) + ", " + std::to_string(rank - 1) + "].");
}

Extent extent_of(const Shape& shape, int begin, int end) {
  Extent product = 1;
  for (int axis = begin; axis < end; ++axis) product *= shape[axis];
  return product;
}

RowShape row_shape(const Shape& shape) {
  if (shape.rank() == 0) return {};
  return {extent_of(shape, 0, shape.rank() - 1), shape[shape.rank() - 1]};
}

void reject_index(std::string_view op, Extent place, Extent value, Extent low, Extent high) {
  reject(op, "index " + std::to_string(value) + " at element " + std::to_string(place) + " is outside of [" +
                 std::to_string(low) + ", " + std::to_string(high) + "); check the batch that the task made.");
}

}  // namespace fovea
