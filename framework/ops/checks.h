#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "framework/ops/op.h"

namespace fovea {

using OpPointer = std::shared_ptr<const Op>;

/// Throws Error "[op] fact"; the graph puts the path of the node before it.
[[noreturn]] void reject(std::string_view op, const std::string& fact);

/// Errors where the number of inputs is not `count`.
void require_count(std::string_view op, std::span<const Type> in, std::size_t count);
/// Errors where `type` is not Real (or not Index), naming the input.
void require_real(std::string_view op, const Type& type, std::string_view input);
void require_index(std::string_view op, const Type& type, std::string_view input);
/// Errors where `type` has fewer than `rank` axes.
void require_rank(std::string_view op, const Type& type, int rank, std::string_view input);

/// "x [4, 7]", for messages.
std::string describe(std::string_view input, const Type& type);

/// The axis counted from the front. Errors where the shape has no such axis.
int front_axis(std::string_view op, int axis, int rank);

/// The product of the extents of axes [begin, end).
Extent extent_of(const Shape& shape, int begin, int end);

/// A shape as rows along its last axis; rank 0 is one row of one element.
struct RowShape {
  Extent rows = 1;
  Extent width = 1;
};
RowShape row_shape(const Shape& shape);

/// Throws for an index that is outside of [low, high): bad data, met in forward.
[[noreturn]] void reject_index(std::string_view op, Extent place, Extent value, Extent low, Extent high);

}  // namespace fovea
