#include "framework/core/shape.h"

#include <algorithm>

#include "framework/core/error.h"

namespace fovea {
namespace {

constexpr std::size_t index_of(int axis) { return static_cast<std::size_t>(axis); }

}  // namespace

Shape::Shape(std::initializer_list<Extent> extents) : rank_(static_cast<int>(extents.size())) {
  if (rank_ > kMaxRank) throw Error("a shape has at most 5 axes; " + std::to_string(rank_) + " came; merge some.");
  std::copy(extents.begin(), extents.end(), extents_.begin());
  check();
}

/// Sums and products of sizes stay far from the end of their range.
void Shape::check() const {
  constexpr Extent kMost = Extent{1} << 46U;
  Extent elements = 1;
  for (int i = 0; i < rank_; ++i) {
    const Extent extent = extents_[index_of(i)];
    if (extent < 0) throw Error("an extent is >= 0; " + text() + " came; check the sizes it was made from.");
    // An axis of no elements does not make up for the others.
    if (__builtin_mul_overflow(elements, std::max<Extent>(extent, 1), &elements) || elements > kMost) {
      throw Error("a tensor has at most 2^46 elements; " + text() + " came; use smaller sizes.");
    }
  }
}

Shape Shape::with(int axis, Extent extent) const {
  Shape shape = *this;
  shape.extents_[slot(axis)] = extent;
  shape.check();
  return shape;
}

Shape Shape::without(int axis) const {
  Shape shape;
  for (int i = 0; i < rank_; ++i) {
    if (index_of(i) != slot(axis)) shape.extents_[index_of(shape.rank_++)] = extents_[index_of(i)];
  }
  return shape;
}

Shape Shape::inserted(int axis, Extent extent) const {
  if (rank_ == kMaxRank) throw Error("a shape has at most 5 axes; " + text() + " has them all; merge some first.");
  const int place = axis < 0 ? axis + rank_ + 1 : axis;
  Shape shape;
  for (int i = 0; i <= rank_; ++i) {
    if (i == place) shape.extents_[index_of(shape.rank_++)] = extent;
    if (i < rank_) shape.extents_[index_of(shape.rank_++)] = extents_[index_of(i)];
  }
  shape.check();
  return shape;
}

std::string Shape::text() const {
  std::string text = "[";
  for (int i = 0; i < rank_; ++i) text += (i == 0 ? "" : ", ") + std::to_string(extents_[index_of(i)]);
  return text + "]";
}

bool Shape::operator==(const Shape& other) const {
  return rank_ == other.rank_ && std::equal(extents_.begin(), extents_.begin() + rank_, other.extents_.begin());
}

}  // namespace fovea
