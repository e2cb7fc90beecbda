#pragma once

#include <array>
#include <initializer_list>
#include <string>

#include "framework/core/real.h"

namespace fovea {

/// The extents of a tensor, outermost axis first; rank 0 to 5. A rank-0 shape holds one element.
///
/// Errors    a rank above 5, a negative extent, or more than 2^46 elements throws Error.
class Shape {
 public:
  static constexpr int kMaxRank = 5;

  Shape() = default;
  Shape(std::initializer_list<Extent> extents);

  int rank() const { return rank_; }
  Extent size() const {
    Extent n = 1;
    for (int i = 0; i < rank_; ++i) n *= extents_[i];
    return n;
  }
  /// The extent of an axis; negative axes count from the end.
  Extent operator[](int axis) const { return extents_[slot(axis)]; }
  /// The last extent, 1 for rank 0; rows() * last() == size() unless last() is 0.
  Extent last() const { return rank_ == 0 ? 1 : (*this)[rank_ - 1]; }
  Extent rows() const { return rank_ == 0 || last() == 0 ? (rank_ == 0 ? 1 : without(-1).size()) : size() / last(); }

  Shape with(int axis, Extent extent) const;      // one extent replaced
  Shape without(int axis) const;                  // one axis removed
  Shape inserted(int axis, Extent extent) const;  // one axis added before `axis`; axis == rank appends
  std::string text() const;                       // "[32, 20, 128]"

  bool operator==(const Shape& other) const;

 private:
  void check() const;
  std::size_t slot(int axis) const { return static_cast<std::size_t>(axis < 0 ? axis + rank_ : axis); }

  std::array<Extent, kMaxRank> extents_{};
  int rank_ = 0;
};

}  // namespace fovea
